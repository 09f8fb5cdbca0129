# The buildpack for static sites.

site() { new_app; mkdir -p "$app/public_html"; echo "$1" > "$app/static.json"; echo start > "$app/public_html/index.html"; }
page() { mkdir -p "$(dirname "$app/$1")"; echo "$2" > "$app/$1"; }
serves() { build bookworm static && boot bookworm .minipaas/static/start "$@"; }
header() { get "$1" --head "${@:3}" > "$work/out"; grep -qi -- "^$2"$'\r'"\$" "$work/out"; }
no_header() { get "$1" --head > "$work/out"; ! grep -qi -- "^$2:" "$work/out"; }

new_app static-site
check "static: the example is detected" detect static
check "static: the example builds" build bookworm static
check "static: ... the same twice" builds_alike bookworm static static-site
check "static: nginx is web" releases '  web: .minipaas/static/start'
check "static: bin/boot, which other platforms' Procfiles name, is the same" boot bookworm bin/boot
check "static: the example answers" body_says / "Hello from static files"
check "static: without .html" body_says /about "About this site"
check "static: ... and with it" answers /about.html 200
check "static: one page for many addresses" body_says /app/any/where "One page for every address"
check "static: a route to a directory finds nothing that is not there" answers /css/none.css 404
check "static: a missing page" answers /none 404
check "static: ... has the page of the site" body_says /none "There is no such page"
check "static: a redirect" header /old "Location: /about"
check "static: ... with its status" answers /old 302
check "static: a header" header /css/site.css "Cache-Control: public, max-age=3600"
check "static: ... the last block alone counts" no_header /css/site.css X-Frame-Options
check "static: ... the first one elsewhere" header / "X-Frame-Options: DENY"
check "static: ... for an address without .html too" header /about "X-Frame-Options: DENY"
check "static: no validators that outlive a release" no_header / Last-Modified
check "static: the access log" dyno_says '"GET /about HTTP/1.1" 200'
check "static: stops gracefully" stops_with 0

new_app; page index.html plain; page a/index.html below; page .git/config secret; page Procfile 'x: y'
check "static: index.html alone is enough" serves
check "static: ... it is served" body_says / plain
check "static: ... and directories" body_says /a/ below
check "static: what is hidden is not" answers /.git/config 404
check "static: ... nor what describes the application" answers /Procfile 404

site '{"https_only":true,"canonical_host":"${HOST_NAME}","encoding":"US-ASCII","headers":{"/*.html":{"X-A":"${WORD} \"b\""}}}'
check "static: config vars in static.json" serves --env HOST_NAME=www.example.org --env WORD=said
check "static: HTTPS only" header / "Location: https://$address/"
secure=(--header 'X-Forwarded-Proto: https' --header 'Host: www.example.org')
check "static: the canonical host" header /x "Location: https://www.example.org/x" --header 'X-Forwarded-Proto: https'
check "static: ... answers" header / "Content-Type: text/html; charset=US-ASCII" "${secure[@]}"
check "static: quotes in a header" header /index.html 'X-A: said "b"' "${secure[@]}"

site '{"basic_auth":true}'
check "static: a password" serves --env BASIC_AUTH_USERNAME=me --env BASIC_AUTH_PASSWORD=secret
check "static: ... is asked for" answers / 401
check "static: ... and accepted" equals "$(get / --user me:secret)" start

site '{"proxies":{"/api/":{"origin":"http://127.0.0.1:${OTHER}/v1/"}},"routes":{"/**":"index.html"},"redirects":{"/x y":{"url":"/z"}}}'
build bookworm static
boot bookworm 'mkdir -p /tmp/o/v1; echo proxied > /tmp/o/v1/item; (cd /tmp/o && python3 -m http.server 5001) & .minipaas/static/start' --env OTHER=5001
proxied() { local try; for try in {1..100}; do body_says /api/item proxied && return; sleep 0.1; done; return 1; }
check "static: a proxy goes before a route" proxied
check "static: ... the route has the rest" body_says /any start

new_app; echo '{"redirects":{"/**":{"url":"https://www.example.org$request_uri"}}}' > "$app/static.json"
check "static: redirects alone are an application" serves
check "static: ... with what was asked for" header '/a?b=c' 'Location: https://www.example.org/a?b=c'
site '{"routes":{"/**":{"path":"index.html","excepts":["/api/**"]}}}'
check "static: a route with exceptions" serves
check "static: ... leads where it should" body_says /deep/link start
check "static: ... and where it should not" answers /api/x 404

new_app; page dist/index.html built; printf 'root: dist\npushstate: enabled # all\nforce_https: true\n' > "$app/Staticfile"
check "static: a Staticfile is read" serves
check "static: ... its root, with pushstate" equals "$(get /deep/link --header 'X-Forwarded-Proto: https')" built
check "static: ... and HTTPS" answers / 301

site '{"root":'
check "static: invalid JSON fails the build" build_fails bookworm static
check "static: ... by name" says "static.json is not a JSON object"
site '{"root":"dist"}'
check "static: a missing root fails the build" build_fails bookworm static
check "static: ... by name" says "the directory 'dist'"
site '{"redirects":{"/a":{"url":"$nonsense"}}}'
check "static: what nginx refuses fails the build" build_fails bookworm static
check "static: ... with its words" says 'unknown "nonsense" variable'
end
