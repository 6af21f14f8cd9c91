"""The dashboard: `streamlit run app.py`. It reads the store, and asks for polls; nothing else.

Streamlit imports this file once as the web application, and runs it again as a script for every
session. (The script cannot be `ioc/frame.py` itself: Streamlit would take `ioc/pages/` beside it for
screens of its own making.)
"""

from __future__ import annotations

import streamlit as st

from ioc.frame import main
from ioc.pages._files import FILES
from ioc.web import lifespan, middleware, routes

if __name__ == "__main__":
    main()
else:
    app = st.App(__file__, routes=routes(FILES), middleware=middleware(), lifespan=lifespan)
