"""Read only: (connection, scope, …) in, typed frames and frozen values out.

Every function applies the scope in its SQL. No page query scans the `dossier` table: counts come
from the rollups, lists from the partial indexes (`storage.md` §1–3).
"""
