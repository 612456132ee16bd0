const LITERAL = /(['"`])((?:\\.|(?!\1).)+)\1/g;
const PLACEHOLDER = /%[a-z]|\$\{[^}]*\}|\$[a-z][\w.]*/;

/** Whether a text has a title that may become this one, whatever its placeholders are filled with. */
export function hasTitle(text: string, title: string): boolean {
  return [...text.matchAll(LITERAL)].some(([, , literal = '']) => {
    const parts = literal
      .split(PLACEHOLDER)
      .map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`));
    return new RegExp(`^${parts.join('.+')}$`).test(title);
  });
}
