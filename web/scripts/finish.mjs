// The last step of a build: hold every size budget, then write .gz and .br beside each text file,
// so that the server never compresses at run time. Exit 1 when something is over its budget.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const textTypes = new Set(['.js', '.css', '.html', '.svg', '.json', '.txt']);
const KB = (bytes) => `${(bytes / 1024).toFixed(1)} KB`;

const gzip = (bytes) => gzipSync(bytes, { level: 9 });
const brotli = (bytes) =>
  brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });

function textFilesUnder(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && textTypes.has(extname(entry.name)))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Every script that a browser must have before the inbox shows: what index.html and the page import statically. */
function initialScripts(dashboard) {
  const html = readFileSync(join(dashboard, 'index.html'), 'utf8');
  const waiting = [...html.matchAll(/(?:src|href)="\/app\/([^"]+\.js)"/g)].map(([, path]) =>
    join(dashboard, path),
  );
  const inbox = readdirSync(join(dashboard, 'assets')).filter((name) =>
    /^Inbox-.*\.js$/.test(name),
  );
  if (inbox.length === 0) throw new Error('the build has no chunk of the inbox page');
  waiting.push(...inbox.map((name) => join(dashboard, 'assets', name)));
  const found = new Set();
  for (let file = waiting.pop(); file; file = waiting.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    const imports = readFileSync(file, 'utf8').matchAll(
      /(?:\bimport|\bfrom)\s*["'](\.[^"']+\.js)["']/g,
    );
    for (const [, path] of imports) waiting.push(join(dirname(file), path));
  }
  return [...found];
}

const budgets = [
  { name: 'widget.js', files: [join(dist, 'widget.js')], limit: 12 * 1024 },
  { name: 'widget-extras.js', files: [join(dist, 'widget-extras.js')], limit: 5 * 1024 },
  {
    name: 'dashboard with the inbox',
    files: initialScripts(join(dist, 'dashboard')),
    limit: 80 * 1024,
  },
];

for (const file of textFilesUnder(dist)) {
  const bytes = readFileSync(file);
  writeFileSync(`${file}.gz`, gzip(bytes));
  writeFileSync(`${file}.br`, brotli(bytes));
}

let isOver = false;
for (const { name, files, limit } of budgets) {
  const contents = files.map((file) => readFileSync(file));
  const sum = (coding) => contents.reduce((total, bytes) => total + coding(bytes).length, 0);
  const size = sum(gzip);
  const verdict = size > limit ? 'OVER' : 'within';
  console.log(`${name}: ${KB(size)} gzip, ${KB(sum(brotli))} brotli, ${verdict} ${KB(limit)}`);
  if (size <= limit) continue;
  isOver = true;
  for (const file of files) console.log(`  ${relative(dist, file)}`);
}
process.exit(isOver ? 1 : 0);
