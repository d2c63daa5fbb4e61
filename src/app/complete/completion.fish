# fish completion for kubectl-netpath:  kubectl-netpath completion fish | source
# "kubectl netpath" is completed by kubectl itself once kubectl_complete-netpath is on
# PATH:  ln -s (command -v kubectl-netpath) ~/.local/bin/kubectl_complete-netpath
function __kubectl_netpath
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l out ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
    or return
    # fish wants the flag before a value that follows "="
    set -l flag (string match -r -- '^-.*=' "$current")
    for line in $out
        string match -q ':*' -- $line
        or echo "$flag$line"
    end
end
complete -c kubectl-netpath -f -a '(__kubectl_netpath)'
