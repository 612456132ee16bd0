import { type Block, Budget, type Run, sectionBlocks } from '@plinth/documents/blocks';
import { useMemo } from 'react';

type SectionTextProps = Readonly<Record<'title' | 'content', string>>;

/** The text of a section as an export draws it, by the same reader: tags in it are left out, and links are words. */
export function SectionText({ title, content }: SectionTextProps) {
  return <Blocks blocks={useMemo(() => printedBlocks({ title, content }), [title, content])} />;
}

/** A text that is too large for an export is shown as it was written. */
function printedBlocks(section: SectionTextProps): readonly Block[] {
  try {
    const blocks = sectionBlocks(section, new Budget());
    // Below a title that was written again, headings begin with the third level.
    const isBegun = blocks.some((block) => block.kind === 'heading' && block.level === 2);
    return isBegun ? blocks : blocks.map((one) => (one.kind === 'heading' ? { ...one, level: 2 } : one));
  } catch {
    return [{ kind: 'paragraph', runs: [{ text: section.content }] }];
  }
}

const Blocks = ({ blocks }: { readonly blocks: readonly Block[] }) =>
  blocks.map((block, n) => <OneBlock key={n} block={block} />);

function OneBlock({ block }: { readonly block: Block }) {
  switch (block.kind) {
    case 'heading': {
      // Below the title of the section.
      const Heading = block.level === 2 ? 'h3' : 'h4';
      return (
        <Heading>
          <Runs of={block.runs} />
        </Heading>
      );
    }
    case 'paragraph':
      return (
        <p>
          <Runs of={block.runs} />
        </p>
      );
    case 'quote':
      return (
        <blockquote>
          <Blocks blocks={block.blocks} />
        </blockquote>
      );
    case 'code':
      return <pre className="mono">{block.text}</pre>;
    case 'rule':
      return <hr />;
    case 'list': {
      const List = block.ordered ? 'ol' : 'ul';
      return (
        <List {...(block.ordered ? { start: block.start } : {})}>
          {block.items.map((item, n) => (
            <li key={n}>
              <Blocks blocks={item} />
            </li>
          ))}
        </List>
      );
    }
    case 'table':
      return <CellTable table={block} />;
  }
}

function CellTable({ table: { columns, rows } }: { readonly table: Extract<Block, { kind: 'table' }> }) {
  return (
    <table>
      <thead>
        <tr>
          {columns.map(({ title, align }, n) => (
            <th key={n} scope="col" style={{ textAlign: align }}>
              <Runs of={title} />
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, n) => (
          <tr key={n}>
            {row.map((cell, column) => (
              <td key={column} style={{ textAlign: columns[column]?.align }}>
                <Runs of={cell} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const Runs = ({ of }: { readonly of: readonly Run[] }) => of.map((run, n) => <OneRun key={n} run={run} />);

function OneRun({ run: { text, bold, italics, strike, code } }: { readonly run: Run }) {
  if (code) return <code>{text}</code>;
  const drawn = strike ? <s>{text}</s> : text;
  const slanted = italics ? <em>{drawn}</em> : drawn;
  return bold ? <strong>{slanted}</strong> : slanted;
}
