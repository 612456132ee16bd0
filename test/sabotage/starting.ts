import type { Patch } from './patch.ts';

const FIRST = 'src/platform/db/prepared.test.ts :: a first start >';
const KEPT = 'src/platform/db/prepared.test.ts :: a prepared database >';
const PREPARED = 'src/platform/db/prepared.ts';
const WORKER = 'src/platform/db/pglite-worker.ts';

/** What a first start copies, and what a killed one leaves. */
export const STARTING: readonly Patch[] = [
  {
    name: 'prepared-torn-is-believed',
    file: PREPARED,
    find: "if (!digestOf(packed).equals(bytes.subarray(0, DIGEST))) return 'it is torn';",
    replace: '',
    expects: `${FIRST} makes the database anew where the prepared one is cut off`,
  },
  {
    name: 'prepared-of-other-functions',
    file: 'src/platform/db/prepared.ts',
    find: ", 'functions/*.sql', 'functions/version.json'",
    replace: '',
    expects:
      'src/main/prepared-file.test.ts :: the name of the prepared database tells of every migration, and of all functions and rights',
  },
  {
    name: 'prepared-of-other-migrations',
    file: PREPARED,
    find: '\\n${text}`);',
    replace: '`);',
    expects: `${KEPT} has another name with other migrations, and the same with line ends of Windows`,
  },
  {
    name: 'prepared-copies-are-one-installation',
    file: WORKER,
    find: 'if (isNew && slowly === undefined) await database.exec(COPIED);',
    replace: '',
    expects: `${FIRST} begins with a copy of the prepared database, which is other data; later ones go on with it`,
  },
  {
    name: 'half-made-database-kept',
    file: PREPARED,
    find: 'if (existsSync(note)) rmSync(folder, { recursive: true, force: true });\n  else if',
    replace: 'if',
    expects: `${FIRST} that was killed while copying is begun anew, whatever it left`,
  },
  {
    name: 'prepare-wants-settings',
    file: 'src/main.ts',
    find: "readConfig(name === 'prepare' ? {} : environment())",
    replace: 'readConfig(environment())',
    expects: 'test/process/prepared.test.ts :: two first starts at once copy what npm has prepared',
  },
  {
    name: 'build-of-other-sources-runs',
    file: 'src/main/built.js',
    find: 'isWhole && digestOf(sources) === digest',
    replace: 'isWhole && digest !== ""',
    expects: 'test/launcher.test.ts :: a program that was built > of other sources does not run: they do',
  },
  {
    name: 'build-tells-its-own-places',
    file: 'bin/plinth.js',
    find: '  tellSources();\n',
    replace: '',
    expects:
      'test/launcher.test.ts :: a program that was built > tells where its errors are by the map {"version":3,"sources":["../src/main.ts"],"names":[],"mappings":"AAEA"}',
  },
  {
    name: 'build-stays-where-it-was-made',
    file: 'src/main/build.ts',
    find: 'const fromBuilt = (path: string) => `../${fromRoot(path)}`;',
    replace: 'const fromBuilt = (path: string) => path;',
    expects:
      'test/process/built.test.ts :: a build serves from wherever its installation is moved to, and not once a source has changed',
  },
  {
    name: 'build-is-its-makers-alone',
    file: 'src/main/build.ts',
    find: 'for (const name of written) chmodSync(join(FOLDER, name), 0o644);',
    replace: '',
    expects:
      'test/process/built.test.ts :: a build serves from wherever its installation is moved to, and not once a source has changed',
  },
  {
    name: 'build-that-lacks-a-file-runs',
    file: 'src/main/built.js',
    find: '=> statSync(join(FOLDER, name)).size === size',
    replace: '=> name.length + size > 0',
    expects: 'test/launcher.test.ts :: a program that was built > and lacks a file does not run',
  },
  {
    name: 'build-of-a-running-server-goes',
    file: 'src/main/build.ts',
    find: 'new Set([...written, ...before, basename(MANIFEST)])',
    replace: 'new Set([...written, basename(MANIFEST)])',
    expects:
      'test/process/built.test.ts :: a build serves from wherever its installation is moved to, and not once a source has changed',
  },
  {
    name: 'build-is-taken-for-what-was-edited-since',
    file: 'src/main/build.ts',
    find: "digestOf(sources, (path) => read.get(path) ?? '')",
    replace: 'digestOf(sources)',
    expects: 'test/process/built.test.ts :: a source that is edited while it is built is what runs',
  },
];
