// What the browser does by itself: links without a page load, the clock, and the watch over the figures' age.
// Loaded by the index page (ioc/web/index.py), so it lives on when the server or the page's own code does not.

const CHECK_MS = 1000;
const LOST_AFTER_PERIODS = 3;
const STUCK_AFTER_PERIODS = 12;
const RELOAD_AFTER_MS = 6 * 3600 * 1000;

// -- links: same page shell, new address; ctrl-click, copy and "open in a new tab" stay as they are -------------
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a.go") : null;
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const to = new URL(link.getAttribute("href"), document.baseURI);
  if (to.origin !== location.origin) return;
  event.preventDefault();
  history.pushState(null, "", to);
  window.dispatchEvent(new PopStateEvent("popstate"));
});

// -- the watch: a beat is the server's time, written anew at each refresh ---------------------------------------
const opened = Date.now();
let beat = null; // {at: server seconds, every: seconds, seen: Date.now() here}
let reloading = false;

function readBeat() {
  const mark = document.querySelector("[data-ioc-beat]");
  if (!mark) return;
  const at = Number(mark.dataset.iocBeat);
  const every = Number(mark.dataset.iocEvery);
  if (!beat || beat.at !== at || beat.path !== location.pathname) {
    beat = { at, every, seen: Date.now(), path: location.pathname, wall: "iocWall" in mark.dataset,
             text: mark.dataset.iocLost ?? "", clock: mark.dataset.iocClock ?? "", day: mark.dataset.iocDay ?? "" };
  }
}

// Server seconds as "2026-11-22T14:05:09…" in Vietnam, which has one offset all year.
function localTime(seconds) {
  return new Date((seconds + 7 * 3600) * 1000).toISOString();
}

function showLost(silentMs) {
  let box = document.getElementById("ioc-lost");
  const lost = beat && silentMs > LOST_AFTER_PERIODS * beat.every * 1000;
  if (!lost) {
    box?.remove();
    document.body.classList.remove("ioc-is-lost");
    return;
  }
  if (!box) {
    box = document.createElement("div");
    box.id = "ioc-lost";
    box.setAttribute("role", "alert");
    document.body.append(box);
  }
  box.className = beat.wall ? "wall" : "";
  const today = localTime(beat.at).slice(0, 10) === localTime(beat.at + silentMs / 1000).slice(0, 10);
  const words = `${beat.text} ${today ? "" : `${beat.day} `}${beat.clock}`;
  if (box.textContent !== words) box.textContent = words;
  document.body.classList.add("ioc-is-lost");
}

async function serverAnswers() {
  try {
    return (await fetch("./_stcore/health", { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

// Reload only into a server that answers: a browser's own error page would never come back by itself.
async function reloadWhenUseful(silentMs) {
  if (!beat?.wall || reloading) return;
  const old = Date.now() - opened > RELOAD_AFTER_MS;
  const stuck = silentMs > STUCK_AFTER_PERIODS * beat.every * 1000;
  if (!old && !stuck) return;
  reloading = true;
  if (await serverAnswers()) location.reload();
  else setTimeout(() => { reloading = false; }, 5000);
}

// -- the wall clock: the server's time, moved on by this machine's second hand ------------------------------------
function tick() {
  const face = document.querySelector("[data-ioc-face]");
  if (!face || !beat) return;
  const text = localTime(beat.at + (Date.now() - beat.seen) / 1000).slice(11, 19);
  if (face.textContent !== text) face.textContent = text;
}

// -- wide tables remember nothing, but the keyboard can scroll them ------------------------------------------------
setInterval(() => {
  readBeat();
  const silentMs = beat ? Date.now() - beat.seen : 0;
  showLost(silentMs);
  void reloadWhenUseful(silentMs);
  tick();
}, CHECK_MS);
