// Echoes; run where descriptors are few. Answers every message with what its event loop has done.
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { createTransport } from '@memplug/transport'

const warnings = []
const transport = createTransport(process.argv[2], (_, message) => { warnings.push(message) })
const { output } = transport
let accepted = 0

function accept (link) {
  accepted++
  return {
    receive (input, start, end) {
      output.end += input.copy(output.bytes, output.end, start, end)
      link.flush()
    },
    drained () {},
    sent () {},
    ended () { link.end() },
    closed () {}
  }
}

process.on('message', () => {
  process.send({
    accepted, warnings, turns: performance.nodeTiming.uvMetricsInfo.loopCount
  })
})
process.send(await transport.listen({ host: '127.0.0.1', port: 0 }, 512, accept))
