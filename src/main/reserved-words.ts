/** Words that no variable may have (ECMAScript 2025, 12.7.2), and names that every program has. */
export const JAVASCRIPT_WORDS: ReadonlySet<string> = new Set(
  `arguments as async await boolean break case catch class const constructor continue debugger default delete do else enum eval export
  extends false finally for from function get if implements import in instanceof interface let new null number object of
  package private protected public return set static string super switch symbol this throw true try type typeof undefined var
  void while with yield any never unknown readonly satisfies`.split(/\s+/),
);

/** Words that no schema may have without quotation marks, and schemas of PostgreSQL itself (17, appendix C). */
export const SQL_WORDS: ReadonlySet<string> = new Set(
  `all analyse analyze and any array as asc asymmetric authorization between binary both case cast check collate collation column
  concurrently constraint create cross current default deferrable desc distinct do else end except false fetch for foreign
  freeze from full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit
  natural not notnull null offset on only or order outer overlaps placing primary public references
  returning right select similar some symmetric system table tablesample then to trailing true union unique user using variadic
  verbose when where window with`.split(/\s+/),
);
