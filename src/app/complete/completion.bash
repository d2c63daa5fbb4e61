# bash completion for kubectl-netpath:  source <(kubectl-netpath completion bash)
# "kubectl netpath" is completed by kubectl itself once kubectl_complete-netpath is on
# PATH:  ln -s "$(command -v kubectl-netpath)" ~/.local/bin/kubectl_complete-netpath
_kubectl_netpath() {
  local line=${COMP_LINE:0:COMP_POINT} out word current directive
  local -a words
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  out=$("${words[0]}" __complete "${words[@]:1}" 2>/dev/null) || return
  directive=${out##*:}
  current=${words[${#words[@]} - 1]}
  [[ $current == -*=* ]] && current=${current#*=}
  COMPREPLY=()
  while IFS= read -r line; do
    [[ $line == :* ]] && continue
    word=${line%%$'\t'*}
    # bash replaces only what stands after the last colon
    [[ $current == *:* && $COMP_WORDBREAKS == *:* ]] && word=${word#"${current%"${current##*:}"}"}
    COMPREPLY+=("$word")
  done <<<"$out"
  ((directive & 2)) && compopt -o nospace 2>/dev/null
  ((directive & 4)) || compopt -o default 2>/dev/null
  return 0
}
complete -F _kubectl_netpath kubectl-netpath
