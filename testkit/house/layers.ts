import { posix } from 'node:path';
import { modules } from '#modules';
import { targetOf } from './source.ts';

/** Modules of the platform, the upper ones first: each may import those below it. */
const PLATFORM: readonly string[] = modules.map(({ name }) => name).toReversed();

/** The folders of the modules: where `#platform/limits` leads. */
const FOLDERS: ReadonlyMap<string, string> = new Map(
  modules.flatMap(({ name }): [string, string][] => {
    const face = targetOf('server/package.json', `#platform/${name}`);
    return face === undefined ? [] : [[name, posix.dirname(face)]];
  }),
);

/** The folder of a module, without a slash at its end. */
export function folderOfModule(name: string): string {
  const folder = FOLDERS.get(name);
  if (folder === undefined) throw new Error(`server/package.json says nowhere where #platform/${name} leads`);
  return folder;
}

/** The module in whose folder a file lies. */
export function moduleAt(path: string): string | undefined {
  return [...FOLDERS].find(([, folder]) => path.startsWith(`${folder}/`))?.[0];
}

/** Above the platform, the upper ones first. */
const HOUSE = ['main', 'app', 'server', 'products', 'product', 'modules'] as const;

/** A room of the house: what a file belongs to, and how high it lies. */
export interface Room {
  readonly name: string;
  /** Bigger is higher. Rooms of one height don't know each other. */
  readonly height: number;
  /** The folder that a file of this room does not leave by `../`. */
  readonly folder: string;
  readonly kind: 'house' | 'product' | 'platform' | 'sandbox' | 'outside';
}

const FLOORS = PLATFORM.length;

/** The room of a file, or undefined for one in `server/src/` that has no place in the layers. */
export function roomOf(path: string): Room | undefined {
  const [top = '', second = '', third = ''] = path.split('/');
  if (path.startsWith('sandboxes/src/')) {
    // Vendors don't know each other; what lies beside their folders is for all of them.
    const name = path.split('/').length > 3 ? `sandboxes/${third}` : 'sandboxes';
    return { name, height: 0, folder: 'sandboxes/src/', kind: 'sandbox' };
  }
  if (path.startsWith('safety/src/'))
    return { name: 'safety', height: 0, folder: 'safety/src/', kind: 'platform' };
  if (top === 'products' && third !== '' && third !== 'test')
    return {
      name: `products/${second}`,
      height: heightOf('product'),
      folder: `products/${second}/`,
      kind: 'product',
    };
  if (DOORS.includes(path)) return { name: 'doors', height: FLOORS + 0.5, folder: '', kind: 'platform' };
  if (top === 'server') return roomOfServer(path);
  return { name: top, height: Number.POSITIVE_INFINITY, folder: '', kind: 'outside' };
}

/** Files that products import: above the platform, below the products. */
const DOORS = ['server/src/main/doors/config.ts', 'server/src/main/doors/product.ts'];

function roomOfServer(path: string): Room | undefined {
  const [top, second = '', third = ''] = path.split('/').slice(1);
  if (top !== 'src') return { name: 'server', height: Number.POSITIVE_INFINITY, folder: '', kind: 'outside' };
  if (path === 'server/src/platform/modules.ts')
    return { name: 'modules', height: heightOf('modules'), folder: 'server/src/platform/', kind: 'house' };
  const module = moduleAt(path);
  if (module !== undefined) return platformRoom(module);
  if (second === 'platform') return undefined;
  const name = second.replace(/(\.test)?\.ts$/, '');
  const height = heightOf(name);
  if (height < 0 || name === 'product' || name === 'modules') return undefined;
  return { name, height, folder: third === '' ? 'server/src/' : `server/src/${second}/`, kind: 'house' };
}

function platformRoom(module: string): Room | undefined {
  const place = PLATFORM.indexOf(module);
  if (place < 0) return undefined;
  const folder = `${folderOfModule(module)}/`;
  return { name: `platform/${module}`, height: FLOORS - place, folder, kind: 'platform' };
}

function heightOf(name: string): number {
  const place = (HOUSE as readonly string[]).indexOf(name);
  return place < 0 ? -1 : FLOORS + HOUSE.length - place;
}
