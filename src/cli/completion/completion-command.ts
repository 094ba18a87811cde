import type { Command } from 'commander'
import { Command as NewCommand } from 'commander'

const SHELLS = ['bash', 'zsh', 'fish'] as const

/** `tideway completion <shell>`: a script that completes the commands of a program. */
export function makeCompletionCommand(program: Command): Command {
  return new NewCommand('completion')
    .description('Print a script that completes commands and options')
    .argument('<shell>', SHELLS.join(', '))
    .addHelpText('after', '\nIn ~/.bashrc: source <(tideway completion bash)')
    .action((shell: string) => {
      process.stdout.write(scriptFor(shell, wordsOf(program, 'tideway')))
    })
}

function scriptFor(shell: string, words: readonly Words[]): string {
  switch (shell) {
    case 'bash':
      return bashScript(words)
    case 'zsh':
      return `autoload -U bashcompinit && bashcompinit\n${bashScript(words)}`
    case 'fish':
      return fishScript(words)
    default:
      throw new Error(`${shell} is not one of ${SHELLS.join(', ')}`)
  }
}

/** What may follow the words of a command. */
interface Words {
  /** As typed: `tideway ctl clients`. */
  readonly command: string
  readonly commands: readonly { readonly name: string; readonly text: string }[]
  readonly options: readonly string[]
}

function wordsOf(command: Command, path: string): readonly Words[] {
  const commands = command.commands.map((one) => ({ name: one.name(), text: one.description() }))
  const options = command.options.flatMap(({ long, short }) => [long, short].filter(isText))
  const own = { command: path, commands, options: [...options, '--help'] }
  return [own, ...command.commands.flatMap((one) => wordsOf(one, `${path} ${one.name()}`))]
}

function isText(text: string | null | undefined): text is string {
  return typeof text === 'string'
}

/** The longest known command before the cursor says what may follow; then there are files. */
function bashScript(words: readonly Words[]): string {
  const cases = words.map(({ command, commands, options }) => {
    const names = commands.map(({ name }) => name)
    return `    '${command}') echo '${[...names, ...options].join(' ')}' ;;`
  })
  return `_tideway_words() {
  case "$1" in
${cases.join('\n')}
    *) return 1 ;;
  esac
}
_tideway() {
  local path=tideway word words='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if _tideway_words "$path $word" >/dev/null; then path="$path $word"; fi
  done
  words="$(_tideway_words "$path")"
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _tideway tideway
`
}

function fishScript(words: readonly Words[]): string {
  const lines = words.flatMap(({ command, commands, options }) => {
    const [, ...parts] = command.split(' ')
    const names = commands.map(({ name }) => name).join(' ')
    const seen = parts.map((part) => `__fish_seen_subcommand_from ${part}`)
    const notYet = names === '' ? [] : [`not __fish_seen_subcommand_from ${names}`]
    const condition = [...seen, ...notYet].join('; and ')
    const when = condition === '' ? '' : ` -n '${condition}'`
    const named = commands.map(({ name, text }) => {
      return `complete -c tideway -f${when} -a ${name} -d '${text.replaceAll("'", '')}'`
    })
    const flags = options.flatMap((option) => {
      return option.startsWith('--') ? [`complete -c tideway${when} -l ${option.slice(2)}`] : []
    })
    return [...named, ...flags]
  })
  return `${lines.join('\n')}\n`
}
