import { expect, test } from 'vitest';
import * as door from '../src/main/doors/product.ts';
import { products } from '../src/products/shipped.ts';
import { SHIPPED } from '../src/products/team.ts';
import { projectFiles } from './house/source.ts';

test('plinth/product has all that products of ours import of the platform as they run', () => {
  const named = projectFiles()
    .filter(({ path }) => /^src\/products\/\w+\//.test(path) && !/\.test\.ts$|\/testing\//.test(path))
    .flatMap(({ path, text }) =>
      [...text.matchAll(/^import \{([^}]*)\} from '#platform\/\w+';$/gm)].flatMap(([, names = '']) =>
        names
          .split(',')
          .map((name) => name.trim().replace(/ as .*/, ''))
          .filter((name) => name !== '' && !name.startsWith('type '))
          .map((name) => ({ path, name })),
      ),
    );
  expect(named.length).toBeGreaterThan(200);
  expect(named.filter(({ name }) => !Object.hasOwn(door, name))).toEqual([]);
});

test('the client’s products are those that ship', () => {
  expect(SHIPPED).toEqual(products.map(({ key }) => key));
});
