import { Empty, LineForm, Section, Table, useOfAccount, useProductSearch, useTexts } from '@plinth/console';
import type { ReplyOf } from '@plinth/sdk';
import { Item } from './item.tsx';
import { texts } from './texts.ts';

type Reply = ReplyOf<'GET /v1/graph/query'>;

/** An edge of a node, with the node at its other end. */
interface Neighbour {
  readonly type: Reply['edges'][number]['type'];
  /** Whether it leads away from the node. */
  readonly isOut: boolean;
  readonly other: Reply['nodes'][number];
  readonly key: string;
}

/** Kinds of nodes in their order, with the view that opens one. */
const VIEWS = { session: 'sessions', decision: 'decisions', pattern: 'patterns', file: 'graph' } as const;
const KINDS = Object.keys(VIEWS) as readonly (keyof typeof VIEWS)[];
const COLORS = {
  session: 'var(--run)',
  decision: 'var(--accent)',
  pattern: 'var(--warn)',
  file: 'var(--line-strong)',
} as const;
/** Nodes of a side that are drawn; the table has all. */
const MOST_DRAWN = 12;
const ROW = 28;
const LABEL = {
  overflow: 'hidden',
  textOverflow: 'ellipsis',
  whiteSpace: 'nowrap',
  cursor: 'pointer',
} as const;

type At = { readonly id: string } | { readonly file: string };

const useAround = (at: At) =>
  useOfAccount(['memory graph', at], ({ call }) =>
    call('GET /v1/graph/query', { query: { ...at, depth: 1, limit: 50 } }),
  );

const startOf = ({ nodes }: Reply) => nodes.find(({ depth }) => depth === 0);

/** The neighbours of the node that was asked for, by kind. Edges between two of them are left out. */
function neighboursOf(graph: Reply): Neighbour[] {
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const id = startOf(graph)?.id;
  return graph.edges
    .flatMap(({ type, source_id: from, target_id: to, message_id: message }) => {
      const isOut = from === id;
      const other = nodes.get(isOut ? to : from);
      return (isOut || to === id) && other !== undefined
        ? [{ type, isOut, other, key: `${type} ${from} ${to} ${message}` }]
        : [];
    })
    .toSorted((one, next) => KINDS.indexOf(one.other.kind) - KINDS.indexOf(next.other.kind));
}

/** The graph, begun at a file by its name. Sessions, decisions and patterns lead into it themselves. */
export function Graph() {
  const { say } = useTexts(texts);
  const { search, change } = useProductSearch();
  const { file } = search;
  return (
    <>
      <LineForm label={say('fileName')} button={say('goTo')} act={async (name) => change({ file: name })} />
      {file === undefined ? <Empty>{say('beginGraph')}</Empty> : <Node at={{ file }} />}
    </>
  );
}

/** A node of the graph and those around it: a press on one walks on to it. */
export const OpenedNode = ({ id }: { readonly id: string }) => <Node at={{ id }} />;

function Node({ at }: { readonly at: At }) {
  const { say } = useTexts(texts);
  const { change } = useProductSearch();
  const asked = useAround(at);
  return (
    <Item asked={asked} titleOf={(graph) => startOf(graph)?.name ?? say('untitled')}>
      {(graph) => {
        const kind = startOf(graph)?.kind ?? 'file';
        return (
          <>
            <p className="filters">
              <span className="dim">{say(kind)}</span>
              {kind !== 'file' && (
                <button type="button" className="quiet" onClick={() => change({ view: VIEWS[kind] })}>
                  {say('open')}
                </button>
              )}
            </p>
            <Drawing neighbours={neighboursOf(graph)} />
            <NeighbourTable asked={asked} />
          </>
        );
      }}
    </Item>
  );
}

/** Nodes that the graph joins with a thing, as the beginning of a walk. */
export function Neighbours({ id }: { readonly id: string }) {
  const { say } = useTexts(texts);
  return (
    <Section title={say('joined')}>
      <NeighbourTable asked={useAround({ id })} />
    </Section>
  );
}

/** Goes to a node of the graph; the browser's way back leads to the one before. */
function useWalk() {
  const { change } = useProductSearch();
  return (id: string) => change({ view: 'graph', id, file: undefined, version: undefined, from: undefined });
}

function NeighbourTable({ asked }: { readonly asked: ReturnType<typeof useAround> }) {
  const { say } = useTexts(texts);
  const walk = useWalk();
  const { data } = asked;
  return (
    <>
      <Table
        label={say('joined')}
        rows={data && neighboursOf(data)}
        asked={asked}
        keyOf={({ key }) => key}
        empty={say('noneJoined')}
        lines={2}
        columns={[
          { head: say('kind'), isDim: true, cell: ({ other }) => say(other.kind) },
          { head: say('relation'), isDim: true, cell: ({ type, isOut }) => say(isOut ? type : `${type}_by`) },
          {
            head: say('title'),
            cell: ({ other: { kind, name } }) => (
              <span className={kind === 'file' ? 'mono' : undefined}>{name ?? say('untitled')}</span>
            ),
            act: ({ other }) => walk(other.id),
          },
        ]}
      />
      {data?.is_cut === true && <p className="dim">{say('moreJoined')}</p>}
    </>
  );
}

/** A node with those that lead to it at its left, and those that it leads to at its right. The table says it to those who hear the page. */
function Drawing({ neighbours }: { readonly neighbours: readonly Neighbour[] }) {
  const { say } = useTexts(texts);
  const walk = useWalk();
  const sides = [false, true].map((isOut) => {
    const side = neighbours
      .filter((one) => one.isOut === isOut)
      .map(({ other }) => [other.id, other] as const);
    return [...new Map(side).values()].slice(0, MOST_DRAWN).map((node) => ({ ...node, isOut }));
  });
  const height = Math.max(...sides.map(({ length }) => length)) * ROW;
  return (
    <svg width="100%" height={height} aria-hidden>
      {sides.flatMap((side) =>
        side.map(({ id, kind, name, isOut }, index) => {
          const y = ((index + 0.5) * height) / side.length;
          const x = isOut ? '64%' : '36%';
          return (
            <g key={`${isOut} ${id}`} onClick={() => walk(id)}>
              <line x1="50%" y1={height / 2} x2={x} y2={y} stroke="var(--line-strong)" />
              <circle cx={x} cy={y} r={5} fill={COLORS[kind]} />
              <foreignObject x={isOut ? '66%' : '0'} y={y - 10} width="34%" height={20}>
                <div style={{ ...LABEL, textAlign: isOut ? 'left' : 'right' }}>{name ?? say('untitled')}</div>
              </foreignObject>
            </g>
          );
        }),
      )}
      {height > 0 && <circle cx="50%" cy={height / 2} r={7} fill="var(--text)" />}
    </svg>
  );
}
