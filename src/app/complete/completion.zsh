#compdef kubectl-netpath
# zsh completion for kubectl-netpath:  source <(kubectl-netpath completion zsh)
# "kubectl netpath" is completed by kubectl itself once kubectl_complete-netpath is on
# PATH:  ln -s "$(command -v kubectl-netpath)" ~/.local/bin/kubectl_complete-netpath
_kubectl_netpath() {
  local out line directive=0
  local -a candidates no_space
  out=$("${words[1]}" __complete "${(@)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null) || return 1
  for line in "${(@f)out}"; do
    if [[ $line == :* ]]; then
      directive=${line#:}
    else
      # _describe takes "word:description"
      line=${line//:/\\:}
      candidates+=("${line/$'\t'/:}")
    fi
  done
  (( directive & 2 )) && no_space=(-S '')
  [[ $PREFIX == -*=* ]] && compset -P '*='
  if (( $#candidates )); then
    _describe netpath candidates $no_space
  elif (( ! (directive & 4) )); then
    _files
  fi
}
compdef _kubectl_netpath kubectl-netpath
