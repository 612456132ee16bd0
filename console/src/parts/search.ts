import { useNavigate, useSearch } from '@tanstack/react-router';

type Values = Readonly<Record<string, readonly string[] | undefined>>;
type SearchOf<Names extends Values> = {
  readonly [Name in keyof Names]?: Names[Name] extends readonly (infer Value)[] ? Value : string;
};

/** Reads a page's address: the texts among what is named, and of some only these values. */
export const readTexts =
  <const Names extends Values>(names: Names) =>
  (search: Readonly<Record<string, unknown>>): SearchOf<Names> =>
    Object.fromEntries(
      Object.entries(names).flatMap(([name, values]) => {
        // The router reads a word that looks like a number as one.
        const value = typeof search[name] === 'number' ? String(search[name]) : search[name];
        const isFit = typeof value === 'string' && value !== '' && values?.includes(value) !== false;
        return isFit ? [[name, value]] : [];
      }),
    ) as SearchOf<Names>;

/** An address with something changed; what is undefined leaves it. */
export const changed = <Search extends object>(
  search: Search,
  change: { readonly [Name in keyof Search]?: Search[Name] | undefined },
): Search =>
  Object.fromEntries(
    Object.entries({ ...search, ...change }).filter(([, value]) => value !== undefined),
  ) as Search;

/** What the address of the page that is shown says, as its `read` reads it. */
export const useSearchOf = <Search>(read: (search: Readonly<Record<string, unknown>>) => Search): Search =>
  read({ ...useSearch({ strict: false }) });

/** What the address of the page says, and how it is changed: what is undefined leaves it. */
export function usePageSearch<Search extends object>(
  read: (search: Readonly<Record<string, unknown>>) => Search,
): readonly [Search, (change: { readonly [Name in keyof Search]?: Search[Name] | undefined }) => void] {
  const navigate = useNavigate();
  return [
    useSearchOf(read),
    (change) => void navigate({ to: '.', search: (before: Search) => changed(before, change) } as never),
  ];
}
