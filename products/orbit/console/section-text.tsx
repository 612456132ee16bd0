const ROW = /^\s*\|.*\|\s*$/;
const RULER = /^\s*\|(?:\s*:?-+:?\s*\|)+\s*$/;

/** The text of a section: tables of Markdown as tables, all else as it was written. */
export function SectionText({ content }: { readonly content: string }) {
  return stretchesOf(content).map(({ lines, isTable }, index) =>
    isTable ? (
      <table key={index}>
        <thead>
          <tr>
            {cellsOf(lines[0] ?? '').map((cell, n) => (
              <th key={n} scope="col">
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.slice(2).map((line, row) => (
            <tr key={row}>
              {cellsOf(line).map((cell, n) => (
                <td key={n}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    ) : (
      <p key={index}>{lines.join('\n').trim()}</p>
    ),
  );
}

interface Stretch {
  readonly lines: string[];
  readonly isTable: boolean;
}

function stretchesOf(content: string): Stretch[] {
  const lines = content.split('\n');
  const stretches: Stretch[] = [];
  for (const [n, line] of lines.entries()) {
    const last = stretches.at(-1);
    const begins = last?.isTable !== true && ROW.test(line) && RULER.test(lines[n + 1] ?? '');
    const isTable = begins || (last?.isTable === true && ROW.test(line));
    if (last === undefined || begins || last.isTable !== isTable) stretches.push({ lines: [line], isTable });
    else last.lines.push(line);
  }
  return stretches.filter((one) => one.isTable || one.lines.some((line) => line.trim() !== ''));
}

/** `\|` is a bar that was written. */
const cellsOf = (row: string) =>
  row
    .trim()
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));
