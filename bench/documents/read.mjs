// Reads every file of a folder through the child that the server starts for an upload, and prints a table.
//   cargo build --release -p documents && node bench/documents/read.mjs FOLDER
//   --program target/debug/read-document   another build of it
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { program: { type: 'string', default: 'target/release/read-document' } },
});
const [folder] = positionals;
if (!folder) throw new Error('Which folder? node bench/documents/read.mjs FOLDER');

const FORMATS = { '.pdf': 'pdf', '.html': 'html', '.htm': 'html', '.csv': 'csv', '.md': 'markdown', '.txt': 'text' };
const OFFICE = ['.docx', '.xlsx', '.pptx', '.doc', '.xls', '.ppt'];

function format(name) {
  const ending = extname(name).toLowerCase();
  return OFFICE.includes(ending) ? 'office' : FORMATS[ending];
}

/** What the child says of a file, and the seconds it took from start to end. */
function read(name) {
  const start = performance.now();
  const child = spawnSync(values.program, ['read-document', format(name)], {
    input: readFileSync(join(folder, name)),
    maxBuffer: 64 * 1024 * 1024,
    timeout: 60_000,
  });
  const seconds = (performance.now() - start) / 1000;
  const said = child.status === 0 ? JSON.parse(child.stdout) : { Err: child.signal ?? 'crashed' };
  return { name, said, seconds };
}

/** Chinese and Japanese letters count as words. */
function words(text) {
  return text.match(/\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|[\p{L}\p{N}]+/gu)?.length ?? 0;
}

function row({ name, said, seconds }) {
  const pages = said.Ok?.pages ?? [];
  const count = pages.some((page) => page.number) ? pages.length : '';
  const text = pages.map((page) => page.text).join('\n');
  const found = said.Ok ? words(text) : '';
  return `| ${name} | ${extname(name).slice(1)} | ${count} | ${found} | ${seconds.toFixed(2)} | ${said.Err ?? ''} |`;
}

console.log('| File | Kind | Pages | Words | Seconds | Error |\n| --- | --- | ---: | ---: | ---: | --- |');
for (const name of readdirSync(folder).filter(format).sort()) console.log(row(read(name)));
