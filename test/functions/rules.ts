/** A function of the migrated database. */
export interface SqlFunction {
  readonly name: string;
  readonly language: 'plpgsql' | 'sql';
  readonly body: string;
  /** Names of what it is given; none of what it answers. */
  readonly given: readonly string[];
}

const LONGEST = 60;
/** So many lines in a row that stand twice are one thing written twice. */
const REPEATED = 5;
const SNAKE = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;

/** Its code without comments and empty lines. */
export function codeOf({ body }: Pick<SqlFunction, 'body'>): string[] {
  const code = body.replaceAll(/\/\*.*?\*\//gs, '').replaceAll(/--.*$/gm, '');
  return code
    .split('\n')
    .flatMap((line) => (line.trim() === '' ? [] : [line.trim().replaceAll(/\s+/g, ' ')]));
}

/** What the rules have against one function by itself. */
export function objectionsTo(one: SqlFunction): string[] {
  const code = codeOf(one);
  const long = code.length > LONGEST ? [`${one.name}: a function of ${code.length} lines`] : [];
  return [...long, ...namesOf(one, code.join('\n')).map((says) => `${one.name}: ${says}`)];
}

function namesOf({ name, language, given }: SqlFunction, code: string): string[] {
  const declared = language === 'plpgsql' ? declaredIn(code) : [];
  const types = Map.groupBy(declared, (one) => one.name);
  const all = [...types.keys(), ...given];
  const own = name.split('.').at(-1) ?? '';
  const uses = (what: string) => code.match(new RegExp(`\\b${what}\\b`, 'g'))?.length ?? 0;
  return [
    ...[own, ...all].filter((one) => !SNAKE.test(one)).map((one) => `${one} is not snake_case`),
    ...[...types].filter(([, of]) => of.length > 1).map(([one]) => `${one} is declared twice`),
    ...given.filter((one) => types.has(one)).map((one) => `${one} is declared over what is given`),
    ...[...types.keys()].filter((one) => uses(one) < 2).map((one) => `${one} is not used`),
    ...given
      .filter((one, place) => uses(one) === 0 && uses(`\\$${place + 1}`) === 0)
      .map((one) => `${one} is not used`),
  ];
}

/** The variables of all its blocks. */
function declaredIn(code: string): { readonly name: string }[] {
  const blocks = [...code.matchAll(/(?:^|[\s;])declare\s(.*?)(?:^|[\s;])begin\s/gs)];
  return blocks.flatMap(([, block = '']) =>
    block.split(';').flatMap((line) => {
      const name = /^\s*(\w+)\s+\S/.exec(line)?.[1];
      return name === undefined ? [] : [{ name }];
    }),
  );
}

/** Code that stands twice, in one function or in two. */
export function repeatedIn(functions: readonly SqlFunction[]): string[] {
  const seen = new Map<string, string>();
  const found = new Set<string>();
  for (const one of functions) {
    const code = codeOf(one);
    for (let at = 0; at + REPEATED <= code.length; at += 1) {
      const part = code.slice(at, at + REPEATED).join('\n');
      const before = seen.get(part);
      if (before === undefined) seen.set(part, one.name);
      else found.add(`${one.name}: has ${REPEATED} lines of ${before}`);
    }
  }
  return [...found];
}
