/** A node of a plan that was run. */
export interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly Schema?: string;
  readonly Alias?: string;
  readonly 'Actual Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly 'Shared Hit Blocks'?: number;
  readonly 'Shared Read Blocks'?: number;
  readonly Plans?: readonly PlanNode[];
  readonly [more: string]: unknown;
}

const REMOVED = [
  'Rows Removed by Filter',
  'Rows Removed by Join Filter',
  'Rows Removed by Index Recheck',
] as const;

/** How many rows all nodes of a plan had in hand, those that they dropped included: of a loop in a loop, the product. */
export function rowsVisited(node: PlanNode): number {
  const loops = node['Actual Loops'] ?? 0;
  const removed = REMOVED.reduce((sum, key) => sum + Number(node[key] ?? 0), 0);
  const own = ((node['Actual Rows'] ?? 0) + removed) * loops;
  return own + (node.Plans ?? []).reduce((sum, child) => sum + rowsVisited(child), 0);
}

/** Pages that were looked at, those of functions included. */
export const pagesVisited = (node: PlanNode): number =>
  (node['Shared Hit Blocks'] ?? 0) + (node['Shared Read Blocks'] ?? 0);

/** A parameter that is compared with a column, as the generic plan of its statement says. */
export interface Comparison {
  readonly parameter: number;
  readonly table: string;
  readonly column: string;
  readonly operator: string;
}

const COMPARED = /\b(\w+)\.(\w+|"[^"]+")\)?(?:::[\w ]+)? (=|<|>|<=|>=|<>) (?:ANY )?\(*\$(\d+)/g;

/** A plan's comparisons with parameters. */
export function comparisonsIn(plan: PlanNode): Comparison[] {
  const tables = new Map<string, string>();
  const conditions: string[] = [];
  const walk = (node: PlanNode): void => {
    if (node.Alias !== undefined && node['Relation Name'] !== undefined)
      tables.set(node.Alias, `${node.Schema}.${node['Relation Name']}`);
    for (const [key, value] of Object.entries(node))
      if (/Cond|Filter/.test(key) && typeof value === 'string') conditions.push(value);
    node.Plans?.forEach(walk);
  };
  walk(plan);
  return conditions.flatMap((condition) =>
    [...condition.matchAll(COMPARED)].flatMap(([, alias = '', column = '', operator = '', parameter]) => {
      const table = tables.get(alias);
      return table === undefined ? [] : [{ parameter: Number(parameter), table, column, operator }];
    }),
  );
}
