const FUNCTIONS: Readonly<Record<string, (...given: number[]) => number>> = {
  pow: Math.pow,
  sqrt: Math.sqrt,
  abs: Math.abs,
  exp: Math.exp,
  floor: Math.floor,
  ceil: Math.ceil,
  round: Math.round,
  min: Math.min,
  max: Math.max,
};

type Formula = (retried: number) => number;

/**
 * Reads the expression of an Upstash-Retry-Delay header (`min(60000, 2000 * pow(4, retried))`): milliseconds before the
 * next try, where `retried` is 0 for the first retry. Throws when it can't be read.
 */
export function retryDelay(text: string): Formula {
  const tokens = text.match(/\d+(?:\.\d+)?|[a-z]+|\S/g) ?? [];
  let place = 0;
  const takeToken = (...wanted: string[]) => {
    const token = tokens[place];
    if (token === undefined || !wanted.includes(token)) return undefined;
    place += 1;
    return token;
  };
  const expect = (token: string) => {
    if (takeToken(token) === undefined) throw new Error(`"${text}" lacks a ${token}`);
  };

  function sum(): Formula {
    let left = product();
    for (let sign = takeToken('+', '-'); sign !== undefined; sign = takeToken('+', '-')) {
      const [one, other, isSum] = [left, product(), sign === '+'];
      left = (retried) => (isSum ? one(retried) + other(retried) : one(retried) - other(retried));
    }
    return left;
  }

  function product(): Formula {
    let left = factor();
    for (let sign = takeToken('*', '/'); sign !== undefined; sign = takeToken('*', '/')) {
      const [one, other, isProduct] = [left, factor(), sign === '*'];
      left = (retried) => (isProduct ? one(retried) * other(retried) : one(retried) / other(retried));
    }
    return left;
  }

  function factor(): Formula {
    if (takeToken('(') !== undefined) {
      const inner = sum();
      expect(')');
      return inner;
    }
    const token = tokens[place] ?? '';
    place += 1;
    if (/^\d/.test(token)) return () => Number(token);
    if (token === 'retried') return (retried) => retried;
    const call = Object.hasOwn(FUNCTIONS, token) ? FUNCTIONS[token] : undefined;
    if (call === undefined) throw new Error(`"${text}" has an unknown "${token}"`);
    expect('(');
    const given = [sum()];
    while (takeToken(',') !== undefined) given.push(sum());
    expect(')');
    return (retried) => call(...given.map((one) => one(retried)));
  }

  const formula = sum();
  if (place < tokens.length) throw new Error(`"${text}" goes on after its end`);
  return formula;
}
