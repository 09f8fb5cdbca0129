# shellcheck shell=bash
# `docker build` of the same apps, on images of our stacks. Sourced; needs $bench, $root, $work and $apps.

docker_images=() docker_containers=()

# What an image needs of this machine to build as our build containers do: its certificates, and .NET.
prepare_docker() {
  [[ ${DOCKER:-on} = on ]] || return 0
  local context=$work/base
  say "Images that docker build begins with"
  mkdir "$context"
  cp /etc/ssl/certs/ca-certificates.crt "$context"
  base_image base 'COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt' 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt'
  if [[ " ${apps[*]} " = *" dotnet-hello "* ]]; then
    cp -a "${DOTNET_ROOT:-/usr/share/dotnet}" "$context/dotnet"
    base_image dotnet 'COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt' 'COPY dotnet /usr/share/dotnet' \
      'RUN ln -s /usr/share/dotnet/dotnet /usr/local/bin/dotnet' 'ENV DOTNET_ROOT=/usr/share/dotnet DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 NUGET_CERT_REVOCATION_MODE=offline'
  fi
  rm -rf "$context"
}

# base_image NAME LINE...
base_image() {
  local name=$1
  shift
  printf '%s\n' 'FROM minipaas/stack-bookworm:build' 'USER root' "$@" 'USER 21000:21000' >"$context/Dockerfile"
  docker_image "bench-$name-$$:build" "$context" "$context/Dockerfile"
}

# docker_image TAG CONTEXT DOCKERFILE [OPTION...]: by the engine's own builder, which is there without a plug-in
docker_image() {
  docker_images+=("$1")
  DOCKER_BUILDKIT=0 docker build --quiet --network bridge --force-rm --tag "$1" --file "$3" "${@:4}" "$2" >"$work/docker.out" 2>&1 ||
    { cat "$work/docker.out" >&3; return 1; }
}

# docker_build KIND: the image, then a container of it until it answers
docker_build() {
  [[ ${DOCKER:-on} = on ]] || return 0
  local start options=() image=bench-$app-$$ old=${docker_containers[0]:-}
  if [[ $1 = cold ]]; then options=(--no-cache); fi
  sed "s/bench-\(base\|dotnet\):/bench-\1-$$:/" "$bench/dockerfiles/$app" >"$work/Dockerfile"
  start=$EPOCHREALTIME
  docker_image "$image" "$folder" "$work/Dockerfile" "${options[@]}"
  sample "$app.$1.docker" "$(elapsed "$start")"
  docker_containers=("$(docker run --detach --env PORT=5000 --env DYNO=web.1 "$image")")
  answers "http://$(docker inspect --format '{{.NetworkSettings.IPAddress}}' "${docker_containers[0]}"):5000/" ||
    { docker logs "${docker_containers[0]}" >&3 2>&1; return 1; }
  sample "$app.$1.docker-run" "$(elapsed "$start")"
  if [[ -n $old ]]; then docker rm --force "$old" >/dev/null; fi
}

answers() {
  local tries
  for ((tries = 0; tries < 1000; tries++)); do
    if curl --silent --max-time 10 --output /dev/null "$1"; then return 0; fi
    sleep 0.02
  done
  return 1
}

remove_docker() {
  if ((${#docker_containers[@]})); then docker rm --force "${docker_containers[@]}" >/dev/null || true; fi
  if ((${#docker_images[@]})); then printf '%s\n' "${docker_images[@]}" | sort -u | xargs docker rmi --force >/dev/null || true; fi
}
