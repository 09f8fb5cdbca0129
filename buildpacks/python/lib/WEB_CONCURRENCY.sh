# How many processes a dyno has room for, WEB_MEMORY (512) MB each. A number that the user has set is kept.
calculate_concurrency() {
  local file limit=""
  for file in /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes; do
    if [ -r "$file" ]; then read -r limit < "$file"; break; fi
  done
  case $limit in "" | *[!0-9]*) limit=$((512 << 20)) ;; esac
  # No limit is a very large one.
  if [ ${#limit} -gt 14 ]; then limit=$((512 << 20)); fi
  export MEMORY_AVAILABLE=${MEMORY_AVAILABLE:-$((limit >> 20))}
  export WEB_MEMORY=${WEB_MEMORY:-512}
  local processes=$((MEMORY_AVAILABLE / WEB_MEMORY))
  if [ "$processes" -lt 1 ]; then processes=1; fi
  if [ "$processes" -gt 200 ]; then processes=200; fi
  export WEB_CONCURRENCY=${WEB_CONCURRENCY:-$processes}
}
calculate_concurrency
