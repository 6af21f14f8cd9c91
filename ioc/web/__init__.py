"""What stands around the screens: security headers, the index page's own lines, files and exports."""
