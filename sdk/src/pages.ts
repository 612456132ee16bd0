import type { Caller, CallOptions, GivenFor, QueryOf, ReplyOf, RouteName } from './calls.ts';

/** Routes that answer a list page by page. */
export type ListRoute = {
  [R in RouteName]: ReplyOf<R> extends { readonly events: unknown }
    ? never
    : ReplyOf<R> extends { readonly data: readonly unknown[]; readonly next_cursor: string | null }
      ? QueryOf<R> extends { readonly cursor?: string | undefined }
        ? R
        : never
      : never;
}[RouteName];

/** An entry of such a list. */
export type ItemOf<R extends ListRoute> =
  ReplyOf<R> extends { readonly data: readonly (infer Item)[] } ? Item : never;

interface Page {
  readonly data: readonly unknown[];
  readonly next_cursor: string | null;
}

/** All entries of a list, page after page as they are asked for. */
export async function* entriesOf(
  { call }: Pick<Caller, 'call'>,
  route: ListRoute,
  {
    given,
    options,
  }: { readonly given: { readonly query?: object }; readonly options: CallOptions | undefined },
): AsyncGenerator<unknown, void> {
  let cursor: string | null = null;
  do {
    const at: object = cursor === null ? {} : { cursor };
    const asked: object = { ...given, query: { ...given.query, ...at } };
    const page = (await call(route, asked as GivenFor<ListRoute>, options)) as Page;
    yield* page.data;
    cursor = page.next_cursor;
  } while (cursor !== null);
}
