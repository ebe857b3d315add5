/**
 * Files that are whole at every moment: written beside the old one, and moved over it.
 *
 * @module
 */

import { loadOutside } from "../../thread/frame.ts";

// The last save of each path: one follows the other, so that what was asked for last is what stays.
const saving = new Map<string, Promise<void>>();
/** The files beside which it has been looked for what a killed process left. */
const tidied = new Set<string>();

/** What lies beside a file for so long, nobody is writing any more. */
const ABANDONED_MS = 60_000;

/**
 * Writes a file that is there as it was or as it shall be, whatever happens meanwhile: readers,
 * crashes and other writers see the one or the other. Only its owner may read it.
 *
 * @throws {Deno.errors.NotFound} Where its folder is not there; and whatever else writing may throw.
 */
export async function writeWhole(path: string | URL, bytes: Uint8Array): Promise<void> {
  const key = String(path);
  const before = saving.get(key) ?? Promise.resolve();
  const save = before.catch(() => {}).then(() => replace(path, bytes));
  saving.set(key, save);
  try {
    await save;
  } finally {
    if (saving.get(key) === save) saving.delete(key);
  }
}

async function replace(path: string | URL, bytes: Uint8Array): Promise<void> {
  // A link stays one: what it leads to is replaced.
  const target = await Deno.realPath(path).catch(() => nameOf(path));
  const beside = `${target}.${crypto.randomUUID()}.tmp`;
  try {
    using file = await Deno.open(beside, { write: true, createNew: true, mode: 0o600 });
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    // Without this, a power cut could give the name to a file whose bytes never arrived.
    await file.sync();
    await Deno.rename(beside, target);
  } catch (error) {
    await Deno.remove(beside).catch(() => {});
    throw error;
  }
  if (tidied.has(target)) return;
  tidied.add(target);
  // Tidiness is no reason to fail.
  await removeAbandoned(target).catch(() => {});
}

async function nameOf(path: string | URL): Promise<string> {
  if (typeof path === "string") return path;
  const { fileURLToPath } = await loadOutside(() => import("node:url"));
  return fileURLToPath(path);
}

async function removeAbandoned(target: string): Promise<void> {
  const [, folder, name] = /^(.*?)([^/\\]*)$/s.exec(target)!;
  for await (const entry of Deno.readDir(folder === "" ? "." : folder)) {
    if (!entry.name.startsWith(`${name}.`)) continue;
    if (!/^\.[0-9a-f-]{36}\.tmp$/.test(entry.name.slice(name.length))) continue;
    const { mtime } = await Deno.stat(folder + entry.name);
    if (mtime !== null && Date.now() - mtime.getTime() > ABANDONED_MS) {
      await Deno.remove(folder + entry.name);
    }
  }
}
