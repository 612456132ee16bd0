import { Section, Table, useOfAccount, useProductSearch, useTexts } from '@plinth/console';
import { texts } from './texts.ts';

const VIEWS: Readonly<Record<string, string>> = {
  session: 'sessions',
  decision: 'decisions',
  pattern: 'patterns',
};

/** Nodes that the graph joins with one, one edge away: walked from one to the next. */
export function Joined({ id }: { readonly id: string }) {
  const { say } = useTexts(texts);
  const { change } = useProductSearch();
  const { data, ...asked } = useOfAccount(['memory graph', id], (api) =>
    api.call('GET /v1/graph/query', { query: { id, depth: 1, limit: 50 } }),
  );
  const nodes = new Map(data?.nodes.map((node) => [node.id, node]));
  const edges = data?.edges.flatMap((edge) => {
    const other = nodes.get(edge.source_id === id ? edge.target_id : edge.source_id);
    return other === undefined || other.id === id ? [] : [{ ...edge, other }];
  });
  return (
    <Section title={say('joined')}>
      <Table
        label={say('joined')}
        rows={edges}
        asked={asked}
        keyOf={({ type, source_id: from, target_id: to, message_id: message }) =>
          `${type} ${from} ${to} ${message}`
        }
        empty={say('noneJoined')}
        lines={2}
        columns={[
          { head: '', isDim: true, cell: ({ type }) => say(type) },
          {
            head: say('title'),
            cell: ({ other: { id: to, kind, name } }) =>
              kind === 'file' ? (
                <span className="mono">{name}</span>
              ) : (
                <button type="button" className="quiet" onClick={() => change({ view: VIEWS[kind], id: to })}>
                  {name ?? say('untitled')}
                </button>
              ),
          },
        ]}
      />
    </Section>
  );
}
