import { readdirSync } from 'node:fs'
import { sessions } from '../transcripts/binary.js'
import { makeRun, readTranscript } from '../support/transcript.js'

const FOLDER = new URL('../transcripts/', import.meta.url)

/** Every request of the transcripts, text, meta and binary, but those that turn logging on. */
export function readSeeds (): Buffer[] {
  return [...textRequests(), ...binaryRequests()]
    .filter(request => request.length > 0 && !request.includes('verbosity'))
}

function textRequests (): Buffer[] {
  return readdirSync(FOLDER).filter(name => name.endsWith('.txt'))
    .flatMap(name => readTranscript(new URL(name, FOLDER), false))
    .flatMap(({ preparation, exchanges }) => [...preparation, ...exchanges])
    .map(exchange => makeRun([exchange], 'k', ['1', '2', '3', '4']).request)
}

function binaryRequests (): Buffer[] {
  const key = (name: string) => `k${name}`
  return sessions.flatMap(({ exchanges }) => exchanges(key, [1n, 2n, 3n, 4n]))
    .map(({ request }) => request)
}
