"""ioc: the operations centre of a province's one-stop dossiers (hồ sơ một cửa)."""

__version__ = "0.1.0"
