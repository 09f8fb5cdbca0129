# Stack images. build-stack prints its progress and does nothing for images that are up to date; its full log
# lies beside the step's own, where the live line reads it.

launch_stacks() {
  local stack
  for stack in $stacks; do
    launch "stack-$stack" "Making the stack image $stack" \
      "check that the Debian package archive answers (apt-get update) and that there are 2 GB free in /tmp and /var/lib/docker." \
      build_stack "$stack"
  done
}

build_stack() { LOG=${step_log[stack-$1]}.detail bash "$source_dir/buildpacks/stacks/build-stack" "$1"; }

await_stacks() {
  local stack keys=("$@")
  for stack in $stacks; do keys+=("stack-$stack"); done
  await "${keys[@]}"
}
