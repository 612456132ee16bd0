import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError, teamConfig } from '#platform/config';
import type { Product } from '#platform/product';
import type { TeamConfig } from 'plinth/config';

/** The products that `plinth.config.ts` in the working directory lists; undefined where there is no such file. Throws `ConfigError`. */
export async function teamProducts(): Promise<readonly Product[] | undefined> {
  const file = teamConfig();
  if (file === undefined) return undefined;
  const { default: config } = (await import(pathToFileURL(file).href)) as { readonly default?: unknown };
  const problem = problemOf(config);
  if (problem !== undefined) throw new ConfigError([`config_invalid: ${basename(file)} ${problem}`]);
  return (config as TeamConfig).products;
}

function problemOf(config: unknown): string | undefined {
  const { products } = (config ?? {}) as Partial<TeamConfig>;
  if (!Array.isArray(products)) return 'must export default defineConfig({ products: […] }).';
  const odd = products.findIndex((one) => !isProduct(one));
  if (odd !== -1) return `lists something at ${odd} that is no value of defineProduct({ … }).`;
  const keys = (products as readonly Product[]).map(({ key }) => key);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  return twice === undefined ? undefined : `lists two products with the key "${twice}".`;
}

function isProduct(value: unknown): value is Product {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['key', 'catalogue', 'routes', 'parts'].every((name) => Object.hasOwn(value, name))
  );
}
