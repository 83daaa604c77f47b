/** `npm run docs`: writes the pages of `docs/` that are made of the code. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { generatedPages } from './docs-pages.ts';

const folder = path.resolve(import.meta.dirname, '../../docs');
for (const [file, text] of await generatedPages()) writeFileSync(path.join(folder, file), text);
