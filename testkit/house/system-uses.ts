import { basename } from 'node:path';
import { modules } from '#modules';
import { products } from '#products';
import { isProgram, type Rule } from './arrows.ts';
import { folderOfModule, roomOf } from './layers.ts';
import { isNode, lineAt, type Node } from './source.ts';

/** In which folder each use of `db.system` is declared. */
const DECLARED: ReadonlyMap<string, string> = new Map([
  ...modules.flatMap(({ name, systemUses }) =>
    Object.keys(systemUses).map((use) => [use, `${folderOfModule(name)}/`] as const),
  ),
  ...products
    .flatMap(({ parts }) => parts)
    .flatMap(({ id, systemUses }) =>
      Object.keys(systemUses).map((use) => [use, `products/${basename(id)}/`] as const),
    ),
]);

/** A module that uses `db.system` has declared the use, or a module below has: `db.system('limits.sweep', …)` is not for products. */
export const systemUses: Rule = (file) => {
  const from = roomOf(file.path);
  if (!isProgram(file.path) || from === undefined) return [];
  return file.nodes.flatMap(({ node }) => {
    const use = usedBy(node);
    if (use === undefined) return [];
    const folder = DECLARED.get(use);
    const to = folder === undefined ? undefined : roomOf(`${folder}index.ts`);
    const line = lineAt(file.text, node.start);
    if (to === undefined)
      return [
        { path: file.path, line, says: `${use} is a system use that no module and no product declares` },
      ];
    const isOwn = to.name === from.name || (from.kind !== 'product' && to.height < from.height);
    return isOwn ? [] : [{ path: file.path, line, says: `${use} is a system use of ${to.name}` }];
  });
};

/** The use that a call `….system('…', …)` names. */
function usedBy(node: Node): string | undefined {
  const [callee, given] = [node['callee'], node['arguments']];
  if (node.type !== 'CallExpression' || !isNode(callee) || callee.type !== 'MemberExpression')
    return undefined;
  const [property, first] = [callee['property'], Array.isArray(given) ? (given[0] as unknown) : undefined];
  if (!isNode(property) || property['name'] !== 'system' || !isNode(first)) return undefined;
  return typeof first['value'] === 'string' ? first['value'] : undefined;
}
