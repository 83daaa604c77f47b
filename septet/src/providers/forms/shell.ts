/** Words and commands for a POSIX shell. Values never reach the shell unquoted; JSON goes through a quoted here-document. */

/** One word, whatever is in it. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * A `curl` command. `url` and `header` are put between double quotes as they are, so that the shell fills in variables:
 * they hold no foreign text.
 */
export function curl(method: string, url: string, header: string, body?: unknown): readonly string[] {
  const head = [`curl -sS --fail-with-body -X ${method} "${url}" \\`, `  -H ${header}`];
  if (body === undefined) return head;
  const last = `${head[1] ?? ''} -H 'Content-Type: application/json' --data-binary @- <<'JSON'`;
  return [head[0] ?? '', last, JSON.stringify(body, undefined, 2), 'JSON'];
}
