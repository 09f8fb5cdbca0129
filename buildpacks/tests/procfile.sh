# Applications without a language of their own.

new_app procfile-only
check "Procfile: the example is no PHP application" bash -c '! "$1/php/bin/detect" "$2"' - "$here" "$app"
check "Procfile: the example is no .NET application" bash -c '! "$1/dotnet/bin/detect" "$2"' - "$here" "$app"
check "Procfile: the example builds" build bookworm procfile
check "Procfile: has no default types" releases '--- {}'
check "Procfile: ... the same twice" builds_alike bookworm procfile procfile-only
check "Procfile: the example boots" boot bookworm "$(sed -n 's/^web: //p' "$app/Procfile")" --env GREETING=Servus
check "Procfile: the example answers" body_says / "Servus from web.1"

new_app web-worker-release
check "Procfile: web, worker and release build" build bookworm procfile
boot_only bookworm 'python3 prepare' --env HEROKU_RELEASE_VERSION=v7
check "Procfile: the release phase succeeds" equals "$(exit_code)" 0
check "Procfile: the release phase knows its release" dyno_says "Preparing release v7"
boot_only bookworm 'python3 prepare' --env FAIL_RELEASE=yes
check "Procfile: the release phase can fail" equals "$(exit_code)" 1
boot_only bookworm 'python3 worker' --env WORK_SECONDS=0.05 --env DYNO=worker.1
until dyno_says "worker.1 finished job 1"; do sleep 0.05; done
check "Procfile: the worker stops by itself" stops_with 0
end
