/** A migration's file, or one of a module's functions. */
export interface Script {
  readonly path: string;
  readonly sql: string;
}

/** Between commas, where those of an argument list are none. */
const COMMA = /,(?![^()]*\))/;

/** Rights that are given or taken more than once. */
export function rightsTwice(scripts: readonly Script[]): string[] {
  const seen = new Map<string, string>();
  return scripts.flatMap(({ path, sql }) =>
    rightsIn(sql).flatMap((right) => {
      const before = seen.get(right);
      seen.set(right, path);
      return before === undefined ? [] : [`${path}: ${right}: stands in ${before}`];
    }),
  );
}

/** Each right by itself: \`grant select on table a.b to c\`. */
export function rightsIn(sql: string): string[] {
  const code = sql.replaceAll(/--.*$/gm, '').replaceAll(/\$(\w*)\$.*?\$\1\$/gs, "''");
  return code.split(';').flatMap((text) => {
    const words = text.trim().replaceAll(/\s+/g, ' ');
    const routine = /^call app\.run_as_system\('(.+)'\)/.exec(words)?.[1];
    return routine === undefined ? eachRight(words) : [`run as the system ${routine}`];
  });
}

function eachRight(words: string): string[] {
  const parts =
    /^(grant|revoke) (.+?) on (all \w+ in schema|function|procedure|schema|sequence|table|type)? ?(.+?) (to|from) (.+)$/i.exec(
      words,
    );
  if (parts === null) return [];
  const [, verb, rights = '', kind = 'table', objects = '', way, roles = ''] = parts;
  return rights
    .split(COMMA)
    .flatMap((right) =>
      objects
        .split(COMMA)
        .flatMap((object) =>
          roles
            .split(',')
            .map((role) => `${verb} ${right.trim()} on ${kind} ${object.trim()} ${way} ${role.trim()}`),
        ),
    );
}
