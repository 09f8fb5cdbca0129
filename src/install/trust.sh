# The local CA, which signs for every host without another certificate: this machine's own programs trust it. Whoever
# works from another machine runs `paas certs:trust` there.

trust_directory=/usr/local/share/ca-certificates

trust_authority() {
  if [[ $prefix != /opt/minipaas ]]; then
    echo "A second instance does not change what this machine trusts; $bin_dir/paas certs:trust --install --server $(local_url) does."
    return 0
  fi
  "$bin_dir/paas" certs:trust --install --server "$(local_url)"
}

# Its key goes with the data, or stays with it: trusted it is only while the instance is there.
distrust_authority() {
  local file found=no
  for file in "$trust_directory"/minipaas-*.crt; do
    if cmp --silent "$file" "$state_dir/ca/root.pem"; then rm -f "$file"; found=yes; fi
  done
  if [[ $found = yes ]]; then update-ca-certificates --fresh; fi
}
