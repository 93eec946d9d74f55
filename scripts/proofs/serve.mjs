/** Serves with the options given as JSON, and prints its port: no more than that. */
import process from 'node:process'
import { createServer } from '@memplug/server'

const told = ['warn', 'error']
const log = (level, message) => { if (told.includes(level)) console.error(message) }
const server = await createServer({ ...JSON.parse(process.argv[2]), port: 0, log })
process.stdout.write(`port ${server.port}\n`)
process.on('SIGTERM', () => { void server.close().then(() => process.exit(0)) })
