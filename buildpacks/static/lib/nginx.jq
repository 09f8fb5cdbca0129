# Prints nginx's configuration for a static.json. The environment: APP, RUN (a directory to write to), PORT, RESOLVER,
# PASSWORDS (a file, or empty), and the config vars that static.json names as ${NAME}.

def interpolated: tostring | gsub("\\$\\{(?<name>[A-Za-z_][A-Za-z0-9_]*)\\}"; env[.name] // "");
def quoted: "\"" + (tostring | gsub("(?<c>[\\\\\"])"; "\\" + .c)) + "\"";
def literal: gsub("(?<c>[.+?^${}()|\\[\\]\\\\])"; "\\" + .c);
# "*" is a part of a path between two slashes, "**" any length of it.
def pattern: [scan("\\*\\*|\\*|[^*]+") | if . == "**" then ".*" elif . == "*" then "[^/]*" else literal end] | join("");
def exactly: ("~^" + pattern + "$") | quoted;
def rooted: if startswith("/") then . else "/" + . end;
def numbered: to_entries | map(.value + {number: .key});
def entries: . // {} | to_entries;

(.root // ".") as $root | (.routes | entries | map(.value = (.value | if type == "object" then . else {path: .} end)) | numbered) as $routes
| (.redirects | entries | numbered) as $redirects
| (.proxies | entries | sort_by(-(.key | length)) | numbered | map(.origin = (.value.origin | interpolated))) as $proxies
# A later block of headers goes before an earlier one, and nothing is added up.
| (.headers | entries | reverse) as $headers
| ([$headers[].value | keys[]] | unique | to_entries) as $names
| (.logging // {}) as $logging
| (.basic_auth // false or env.PASSWORDS != "") as $protected

| [
"pid \(env.RUN)/nginx.pid;",
"worker_processes \(env.WEB_CONCURRENCY // "auto");",
"error_log stderr \(if env.STATIC_DEBUG then "info" else $logging.error // "error" end);",
"events { worker_connections \(.worker_connections // env.WORKER_CONNECTIONS // 1024); }",
"http {",
"  include /etc/nginx/mime.types;",
"  default_type application/octet-stream;",
("client_body", "proxy", "fastcgi", "uwsgi", "scgi" | "  \(.)_temp_path \(env.RUN)/\(.);"),
"  log_format dyno '$http_x_forwarded_for - $remote_user [$time_local] \"$request\" $status $body_bytes_sent '",
"                  '\"$http_referer\" \"$http_user_agent\" ${request_time}s';",
"  access_log \(if $logging.access == false then "off" else "/dev/stdout dyno" end);",
"  sendfile on;",
"  tcp_nopush on;",
"  server_tokens off;",
"  gzip on;",
"  gzip_comp_level 6;",
"  gzip_min_length 512;",
"  gzip_proxied any;",
"  gzip_vary on;",
"  gzip_types text/plain text/css text/xml text/javascript application/javascript application/json application/xml application/rss+xml application/wasm image/svg+xml;",
"  # Longer than a router keeps an idle connection, so that it is never this side that closes one in use.",
"  keepalive_timeout 95;",
"  # All files of a slug have the same time, so validators made from it would call a changed file unchanged.",
"  etag off;",
"  if_modified_since off;",
"  # The path that was asked for, whatever it leads to.",
"  map $request_uri $asked { \"~^(?<path>[^?]*)\" $path; }",
"  map $uri $fallback {",
"    default @missing;",
($proxies[] | "    \("~^" + (.key | rtrimstr("/") | literal) + "(/|$)" | quoted) @proxy\(.number);"),
($redirects[] | "    \(.key | exactly) @redirect\(.number);"),
($routes[] | (.value.excepts // [] | .[] | "    \(exactly) @missing;"), "    \(.key | exactly) @route\(.number);"),
"  }",
($names[] | . as $name | "  map $asked $header\(.key) {\n    default \"\";",
  ($headers[] | "    \(.key | exactly) \(.value[$name.value] // "" | interpolated | quoted);"), "  }"),
"  server {",
"    listen \(env.PORT) backlog=511;",
"    root \(env.APP + (if $root == "." then "" else "/" + $root end) | quoted);",
"    index index.html index.htm;",
"    charset \(.encoding // "UTF-8" | quoted);",
"    port_in_redirect off;",
"    absolute_redirect off;",
"    add_header Last-Modified \"\";",
($names[] | "    add_header \(.value | quoted) $header\(.key) always;"),
(if .error_page then "    error_page 404 500 502 504 \(.error_page | rooted | quoted);" else empty end),
(if $proxies != [] then "    resolver \(env.RESOLVER);" else empty end),
(if $protected then
  "    auth_basic Restricted;",
  "    auth_basic_user_file \(if env.PASSWORDS != "" then env.PASSWORDS else env.APP + "/.htpasswd" end | quoted);" else empty end),
(if .https_only then "    if ($http_x_forwarded_proto != https) { return 301 https://$host$request_uri; }" else empty end),
(if .canonical_host then
  (.canonical_host | interpolated) as $host
  | if $host == "" then empty else "    if ($host != \($host | quoted)) { return 301 $http_x_forwarded_proto://\($host)$request_uri; }" end
  else empty end),
# What describes the application is not served, wherever the root is.
"    location ~ /\\.(?!well-known(/|$)) { return 404; }",
(if $root == "." then "    location ~ ^/(static\\.json|Staticfile|Procfile|app\\.json|bin/boot)$ { return 404; }" else empty end),
"    location / {",
(if .directory_listing then "      autoindex on;" else empty end),
"      try_files \(if .clean_urls then "$uri.html " else "" end)$uri \(if .directory_listing then "$uri/" else "$uri/index.html $uri/index.htm" end) $fallback;",
"    }",
"    location @missing { return 404; }",
($redirects[] | "    location @redirect\(.number) { return \(.value.status // 301) \(.value.url | interpolated | quoted); }"),
# A route to a directory finds what is in it, and nothing else.
($routes[] | "    location @route\(.number) { try_files \(.value.path | rooted | if endswith("/") then . + "index.html" else . end | quoted) =404; }"),
($proxies[] | (.origin | capture("^(?<host>https?://[^/]*)(?<path>.*)$")) as $to
  | "    location @proxy\(.number) {",
    "      set $upstream \($to.host | quoted);",
    "      rewrite \("^" + (.key | rtrimstr("/") | literal) + "/?(.*)$" | quoted) \(($to.path | rtrimstr("/")) + "/$1" | quoted) break;",
    "      proxy_pass $upstream;",
    "      proxy_ssl_server_name on;",
    "      proxy_http_version 1.1;",
    "      proxy_redirect \($to.host + $to.path | rtrimstr("/") + "/" | quoted) \(.key | rtrimstr("/") + "/" | quoted);",
    "    }"),
"  }",
"}"
] | join("\n")
