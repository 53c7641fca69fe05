"""nginx under test: what it finds in its image, or in a folder on Linux."""

import program

PASSWD = {"etc/passwd": b"root:x:0:0::/:/bin/sh\n", "etc/group": b"root:x:0:\n"}
CONF = """daemon off;
user root root;
master_process off;
error_log stderr;
pid {tmp}/nginx.pid;
events {{ worker_connections 256; }}
http {{
  {http}
  access_log off;
  client_body_temp_path {tmp}/b; proxy_temp_path {tmp}/p; fastcgi_temp_path {tmp}/f;
  uwsgi_temp_path {tmp}/u; scgi_temp_path {tmp}/s;
  sendfile on;
  server {{ listen {listen}; location / {{ root {folder}/html; }} }}
}}
"""


def files(html, folder="/nginx", tmp="/tmp", http="", listen="80"):
    """{path: bytes} of its configuration and the pages {name: bytes}, all in folder."""
    program.build("nginx")
    with open(f"{program.DIR}/mime.types", "rb") as f:
        types = f.read()
    text = CONF.format(folder=folder, tmp=tmp, http=f"include mime.types; {http}", listen=listen)
    inside = {"conf/mime.types": types, "conf/nginx.conf": text.encode(),
              **{f"html/{name}": data for name, data in html.items()}}
    return {f"{folder}/{name}".lstrip("/"): data for name, data in inside.items()}
