import type { Patch } from './patch.ts';

/** The OpenAPI document, and the pages of /docs that are made of it. */
export const REFERENCE: readonly Patch[] = [
  {
    name: 'one-name-for-two-schemas',
    file: 'src/server/openapi/schema-writer.ts',
    find: 'if (before !== undefined && JSON.stringify(before) !== JSON.stringify(schema))',
    replace: 'if (before === null)',
    expects:
      'test/walkers/openapi.test.ts :: the OpenAPI document > is not made where two different schemas have one name, or one is not in PascalCase',
  },
  {
    name: 'error-answer-shared-with-another',
    file: 'src/server/openapi/failure-writer.ts',
    find: '  return codes\n    .map((code) => code.replace(',
    replace: '  return codes\n    .slice(0, 1)\n    .map((code) => code.replace(',
    expects:
      'test/walkers/openapi.test.ts :: the OpenAPI document > has an answer for each error of a route, with an example, wherever that is written',
  },
  {
    name: 'schema-without-a-name',
    file: 'src/platform/limits/routes.ts',
    find: "namedObject('UsageEvent', {",
    replace: 'z.strictObject({',
    expects:
      'test/walkers/routes.test.ts :: every route > has a name for each object that it takes or answers, so that generated clients have one',
  },
  {
    name: 'owners-key-told-in-production',
    file: 'src/server/docs/key.ts',
    find: "environment !== 'production' &&",
    replace: 'environment.length > 0 &&',
    expects:
      'src/server/docs/docs.test.ts :: the key of the local owner > is never told in production, nor by a server that others reach',
  },
  {
    name: 'owners-key-told-under-any-name',
    file: 'src/server/docs/key.ts',
    find: "LOOPBACK_HOST.test(headers.host ?? '') &&",
    replace: 'headers.host !== undefined &&',
    expects:
      'src/server/docs/docs.test.ts :: the key of the local owner > is not told to another name that leads here',
  },
  {
    name: 'guide-linked-as-a-file',
    file: 'src/server/docs/guides.ts',
    find: '`/docs/guides/${name}${hash}`',
    replace: 'href',
    expects: 'src/server/docs/docs.test.ts :: guides > have no dead link, and none into the void of a page',
  },
  {
    name: 'products-without-a-guide',
    file: 'src/server/docs/guides.ts',
    find: '  ...OF_PRODUCTS,',
    replace: "  ...(FOLDER.href === '' ? OF_PRODUCTS : {}),",
    expects: 'src/server/docs/docs.test.ts :: guides > have the page of each product that has one',
  },
  {
    name: 'file-documented-as-json',
    file: 'src/platform/erasure/routes.ts',
    find: "    produces: ['application/zip'],",
    replace: '',
    expects:
      'test/walkers/openapi.test.ts :: the OpenAPI document > says of a file what type it has, and never that it is JSON',
  },
  {
    name: 'csv-undocumented',
    file: 'src/products/prism/spectrum/routes.ts',
    find: '    produces: JSON_OR_CSV,',
    replace: '',
    expects:
      'test/walkers/openapi.test.ts :: the OpenAPI document > has CSV for each call that takes format=csv',
  },
  {
    name: 'union-without-a-name',
    file: 'src/platform/http/named-object.ts',
    find: 'z.union(forms).meta({ id: name })',
    replace: 'z.union(forms).describe(name)',
    expects:
      'test/walkers/routes.test.ts :: every route > has a name for each object that it takes or answers, so that generated clients have one',
  },
  {
    name: 'page-that-nobody-finds',
    file: 'docs/README.md',
    find: ', [pooling.md](pooling.md)',
    replace: '',
    expects: 'test/docs/pages.test.ts :: every page of docs is found from docs/README.md',
  },
  {
    name: 'link-to-a-heading-that-is-gone',
    file: 'docs/gateway.md',
    find: '## Reserves',
    replace: '## What is reserved',
    expects: 'test/docs/pages.test.ts :: no page links to a file or a heading that is not there',
  },
  {
    name: 'calls-in-no-order',
    file: 'src/server/openapi/openapi.ts',
    find: 'return METHODS.indexOf(a.method) - METHODS.indexOf(b.method);',
    replace: 'return METHODS.indexOf(b.method) - METHODS.indexOf(a.method);',
    expects:
      'test/walkers/openapi.test.ts :: the OpenAPI document > has calls by their paths, and of one path reading first and deleting last',
  },
  {
    name: 'calls-hidden-from-the-browsers-search',
    file: 'src/server/docs/reference.js',
    find: 'defaultOpenAllTags: true',
    replace: 'defaultOpenAllTags: false',
    expects:
      'test/docs/browser.test.ts :: in a browser, the docs > have every call, by its name and by its path, for the browser’s own search',
  },
];
