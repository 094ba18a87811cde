/** The pages made from the descriptions of the configuration keys. */
import { exampleText } from '#config/example.ts'
import { KNOWN_ELSEWHERE } from '#config/fields/known-elsewhere.ts'
import { referenceText } from '#config/reference.ts'
import { tidewayFields } from '#config/tideway-config.ts'
import { integrationPages } from './integration-pages.ts'

const INTRODUCTION = `# Configuration

<!-- Made from src/config/fields by npm run config:reference. Change the text there. -->

The file is \`etc/tideway.conf\`, written in HOCON: \`key = value\`, groups in braces, comments
after \`#\` or \`//\`. A file written for EMQX 5 is read as it is; keys without effect here are
reported, and \`--check\` reads a file and only says what it finds.
[all-keys.conf](all-keys.conf) lists every key with its default, commented out.

**Layers.** Each goes over the one before: defaults, the file (and what it includes), the
environment.

**Environment.** \`TIDEWAY_MQTT__MAX_INFLIGHT=64\` sets \`mqtt.max_inflight\`: two underscores
between the parts of the path. The value is written as in the file. \`EMQX_…\` works too;
\`TIDEWAY_…\` wins.

**Values.** Durations: \`500ms\`, \`15s\`, \`1m30s\`, \`2h\`, \`1d\`. Sizes: \`256KB\`, \`1MB\`
(powers of 1024). Rates: \`1000/s\`, \`1MB/10s\`. \`null\` is the same as writing nothing: the
default counts.

**Text.** Quotes are needed around text with spaces at its ends or any of \`$"{}[]=,#+\`, and
around addresses of the form \`http://…\`. Several lines stand between \`"""\`; after \`"""~\`
and a line end the common indentation is taken off.

**Reuse.** \`include "other.conf"\`, \`\${a.b}\` (another key or an environment variable),
\`\${?a.b}\` (if it exists), \`list += item\`. In names of files, \`\${NAME}\` inside quotes is
taken from the environment.

**Secrets.** \`file:///path\` in place of a secret names the file that holds it. Secrets are
shown as \`******\`.

`

/** Every generated file with its text; paths from the root of the repository. */
export function configurationFiles(): readonly { readonly path: string; readonly text: string }[] {
  const reference = referenceText(tidewayFields, KNOWN_ELSEWHERE)
  return [
    { path: 'docs/reference/configuration.md', text: INTRODUCTION + reference },
    { path: 'docs/reference/all-keys.conf', text: exampleText(tidewayFields) },
    ...integrationPages(),
  ]
}
