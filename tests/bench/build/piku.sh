# shellcheck shell=bash
piku_curl=() 
declare -A piku_apps=()
start_piku() { :; }
stop_piku() { :; }
prepare_piku_app() { :; }
piku_push() { :; }
