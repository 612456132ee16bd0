interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
}

/** Parts of the API's document that the list shows. */
interface Document {
  readonly tags?: readonly { readonly name: string; readonly description?: string }[];
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** Each call by its name, in the groups of the reference, which each group links to. */
export function callsMarkdown({ tags = [], paths = {} }: Document): string {
  const calls = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      ...operation,
      call: `${method.toUpperCase()} ${path}`,
    })),
  );
  const groups = tags.map(({ name, description = '' }) => {
    const rows = calls
      .filter((call) => call.tags.includes(name))
      .map(
        ({ operationId, call, summary }) =>
          `| \`${operationId}\` | \`${call}\` | ${summary.replaceAll('|', '\\|')} |`,
      );
    const place = `/docs/reference#tag/${name.toLowerCase().replaceAll(' ', '-')}`;
    return `## ${name}\n\n${description} [In the reference](${place})\n\n| name | call | does |\n|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `# Calls\n\nEach call of the API by the name that a generated client gives it.\n\n${groups.join('\n')}`;
}
