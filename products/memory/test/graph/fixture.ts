import type { Rememberer } from '../fixture.ts';

export interface ShownNode {
  readonly id: string;
  readonly kind: string;
  readonly name: string | null;
  readonly depth: number | null;
}

export interface ShownGraph {
  readonly status: number;
  readonly nodes: readonly ShownNode[];
  readonly edges: readonly {
    readonly type: string;
    readonly source_id: string;
    readonly target_id: string;
    readonly message_id: string | null;
    readonly span: readonly [number, number] | null;
    readonly merge_id: string | null;
    readonly author_id: string | null;
  }[];
  readonly is_cut: boolean;
}

type Query = Readonly<Record<string, string | number>>;

const read =
  (call: string) =>
  async (by: Rememberer, query: Query): Promise<ShownGraph> => {
    const said = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    const { status, body } = await by.call(`GET /v1/graph/${call}?${said.join('&')}`);
    return { nodes: [], edges: [], is_cut: false, ...body, status };
  };

export const around = read('query');
export const path = read('paths');

export const idsOf = ({ nodes }: ShownGraph): string[] => nodes.map(({ id }) => id);
