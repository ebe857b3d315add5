/**
 * Vectors from outside the project, which carries none of them: they lie beside the work tree on
 * some machines and not on others.
 *
 * @module
 */

const folder = new URL("../../../shared/data/", import.meta.url);

/** Reads a file of vectors, or gives `null` where this machine does not have it. */
export function readSharedData(name: string): string | null {
  try {
    return Deno.readTextFileSync(new URL(name, folder));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Declares a test over a file of vectors; where the file is not there, an ignored one says so. */
export function testWithSharedData(
  name: string,
  file: string,
  test: (text: string) => void | Promise<void>,
): void {
  const text = readSharedData(file);
  if (text === null) {
    Deno.test.ignore(`${name} (needs ../shared/data/${file}, which is not here)`, () => {});
  } else {
    Deno.test(name, () => test(text));
  }
}
