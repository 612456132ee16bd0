/** Portkey's gateway, which is a program: its file is loaded here, in a process that ends with its parent. It is forked with file and port. */
import { pathToFileURL } from 'node:url';
import { endWithParent } from './child.ts';

const [file = '', port = ''] = process.argv.slice(2);
process.argv.splice(2, process.argv.length, '--headless', `--port=${port}`);
endWithParent();
await import(pathToFileURL(file).href);
process.send?.('loaded');
