import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { targetOf } from '../../testkit/house/source.ts';
import { ROOT } from '../../server/src/main/build-files.ts';
import { DOORS } from './program.ts';

/** What names another file in a declaration: `from '…'`, `import('…')`, `declare module '…'`, `import '…'`. */
const NAMED = /((?:\bfrom|\bimport\(?|\bdeclare module)\s*)(['"])([^'"]+)\2/g;

const PRODUCTS_TYPES = `import type { Product } from '#platform/product';
export declare const products: readonly Product[];
`;

/** The files of the testkit that the door of tests loads, by the names that it imports. */
const TESTKIT_TYPES: Readonly<Record<string, string>> = {
  'walkers/walk-product':
    'export declare function walkProduct(app: object, key: string, options: object): Promise<string>;\n',
  'crash/crash-product':
    'export declare function crashProduct(key: string, databaseUrl: string | undefined): Promise<string>;\n',
};

/** Writes the declarations of the doors, and of all that they name, into a folder. None names a file by `#…`, which would be the reader's. */
export function declareDoors(folder: string): void {
  // A program without products: `checkout.ts` would bring those of this repository.
  const products = join(folder, 'server/src/products/index.d.ts');
  mkdirSync(dirname(products), { recursive: true });
  writeFileSync(
    products,
    PRODUCTS_TYPES.replace('#platform/product', join(ROOT, 'server/src/platform/product/index.ts')),
  );
  // The testkit imports the server by the name of its package, and of such files the compiler declares nothing.
  const testkit = Object.entries(TESTKIT_TYPES).map(([name, text]) => {
    const file = join(folder, `${name.replace('/', '-')}.d.ts`);
    writeFileSync(file, text);
    return [`@plinth/testkit/${name}`, [file]] as const;
  });
  const project = join(ROOT, 'tsconfig.pack.json');
  writeFileSync(
    project,
    JSON.stringify({
      extends: './tsconfig.json',
      compilerOptions: {
        noEmit: false,
        declaration: true,
        emitDeclarationOnly: true,
        rootDir: '.',
        outDir: folder,
        // The compiler declares nothing of what it finds in node_modules, where the links to these are.
        paths: {
          '#products': [products],
          ...Object.fromEntries(testkit),
          '@plinth/safety': ['./safety/src/index.ts'],
          '@plinth/safety/*': ['./safety/src/*.ts'],
          '@plinth/sandboxes/src/*': ['./sandboxes/src/*/index.ts'],
        },
      },
      include: [],
      files: [...Object.values(DOORS), ...ambient()],
    }),
  );
  try {
    execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', project], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  } finally {
    rmSync(project);
    for (const [, [file = '']] of testkit) rmSync(file);
  }
  writeFileSync(products, PRODUCTS_TYPES);
  for (const path of globSync('**/*.d.ts', { cwd: folder })) {
    const file = join(folder, path);
    const from = path.replaceAll('\\', '/').replace(/\.d\.ts$/, '.ts');
    writeFileSync(file, relativeNames(readFileSync(file, 'utf8'), from));
  }
  for (const path of ambient()) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(join(ROOT, path), join(folder, path));
  }
}

const ambient = () => globSync('server/src/**/*.d.ts', { cwd: ROOT });

function relativeNames(text: string, from: string): string {
  return text.replaceAll(NAMED, (whole, ...[before, quote, name]: string[]) => {
    const target = targetOf(from, name ?? '');
    if (target === undefined) {
      if (name?.startsWith('#') === true) throw new Error(`${from} names ${name}, which has no file`);
      return whole;
    }
    const path = posix.relative(posix.dirname(from), target).replace(/\.ts$/, '.js');
    return `${before}${quote}${path.startsWith('.') ? path : `./${path}`}${quote}`;
  });
}
