// Every piece of text on the page that can be seen: size, contrast with its ground, place, and whether it is cut.
() => {
  const parse = (colour) => {
    const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const linear = (value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const light = ({ r, g, b }) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour.a > 0.99) return colour;
    }
    return { r: 255, g: 255, b: 255, a: 1 };
  };
  const silent = ".unseen, [hidden], [aria-hidden=true], [data-testid=stIconMaterial]";
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const text = node.textContent.trim();
    const element = node.parentElement;
    if (!text || !element || ["SCRIPT", "STYLE", "NOSCRIPT"].includes(element.tagName)) continue;
    const style = getComputedStyle(element);
    const clipped = [element, element.parentElement].some((e) => {
      const own = e && getComputedStyle(e);
      return own && (own.clipPath !== "none" || own.clip !== "auto");
    });
    if (clipped || element.closest(silent) || style.visibility === "hidden" || style.opacity === "0") continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    if (box.width < 1 || box.height < 1 || box.bottom <= 0 || box.right <= 0) continue;
    const [a, b] = [light(parse(style.color)), light(ground(element))];
    found.push({
      text: text.slice(0, 60),
      size: parseFloat(style.fontSize),
      left: box.left, right: box.right, top: box.top, bottom: box.bottom,
      contrast: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05),
      cut: style.overflow === "hidden" && style.textOverflow !== "ellipsis" && element.scrollWidth > element.clientWidth + 1,
    });
  }
  return found;
}
