import { ExitCode, StartError } from '../src/exit.js'
import { flags } from '../src/flags.js'
import { normalise } from '../src/getopt.js'

function refusal (...argv: string[]): StartError {
  try {
    normalise(argv)
  } catch (error) {
    if (error instanceof StartError) return error
  }
  throw new Error(`${argv.join(' ')} was taken`)
}

describe('a command line is read as getopt_long reads it', () => {
  const equal: [string, string[]][] = [
    ['-m64', ['--memory-limit=64']],
    ['-m 64', ['--memory-limit=64']],
    ['-p11211', ['--port=11211']],
    ['-p -1', ['--port=-1']],
    ['-U 0', ['--udp-port=0']],
    ['-v', ['--verbose']],
    ['-vv', ['--verbose', '--verbose']],
    ['-vvv', ['--verbose', '--verbose', '--verbose']],
    ['-vMC', ['--verbose', '--disable-evictions', '--disable-cas']],
    ['-vMm64', ['--verbose', '--disable-evictions', '--memory-limit=64']],
    ['-Mp 1 -v', ['--disable-evictions', '--port=1', '--verbose']],
    ['-o a,b=c', ['--extended=a,b=c']],
    ['-oa,b=c -o d', ['--extended=a,b=c', '--extended=d']],
    ['-l 127.0.0.1:1,[::1]:2 -l 127.0.0.2',
      ['--listen=127.0.0.1:1,[::1]:2', '--listen=127.0.0.2']],
    ['--port=1', ['--port=1']],
    ['--port 1', ['--port=1']],
    ['--port -1', ['--port=-1']],
    ['--por 1', ['--port=1']],
    ['--por=1', ['--port=1']],
    ['--engine ./a.js', ['--engine=./a.js']],
    ['--engine-config a=b=c', ['--engine-config=a=b=c']],
    ['--engine-config=a=b=c', ['--engine-config=a=b=c']],
    ['--listen= -v', ['--listen=', '--verbose']],
    ['-v --', ['--verbose']],
    ['-s --', ['--unix-socket=--']]
  ]
  test.each(equal)('%s', (line, words) => {
    expect(normalise(line.split(' '))).toEqual(words)
  })

  test('an empty word is a value too', () => {
    expect(normalise(['-s', '', '-v'])).toEqual(['--unix-socket=', '--verbose'])
  })
})

describe('what getopt_long refuses is refused in its words', () => {
  const refused: [string, string, number][] = [
    ['-Q', "invalid option -- 'Q'", ExitCode.BAD_OPTION],
    ['-vQ', "invalid option -- 'Q'", ExitCode.BAD_OPTION],
    ['-p', "option requires an argument -- 'p'", ExitCode.BAD_OPTION],
    ['-vp', "option requires an argument -- 'p'", ExitCode.BAD_OPTION],
    ['--port', "option '--port' requires an argument", ExitCode.BAD_OPTION],
    ['--nosuch', "unrecognized option '--nosuch'", ExitCode.BAD_OPTION],
    ['--=1', "unrecognized option '--'", ExitCode.BAD_OPTION],
    ['--__proto__', "unrecognized option '--__proto__'", ExitCode.BAD_OPTION],
    ['--help=1', "option '--help' doesn't allow an argument", ExitCode.BAD_OPTION],
    ['--max 1', "option '--max' is ambiguous; possibilities: '--max-reqs-per-event' " +
      "'--max-item-size' '--max-key-size'", ExitCode.BAD_OPTION],
    ['slab', "unexpected argument 'slab'", ExitCode.USAGE],
    ['-', "unexpected argument '-'", ExitCode.USAGE],
    ['-- -v', "unexpected argument '-v'", ExitCode.USAGE]
  ]
  test.each(refused)('%s', (line, complaint, exitCode) => {
    const error = refusal(...line.split(' '))
    expect(error.message).toBe(`memplug: ${complaint}; memplug -h lists the options`)
    expect(error.exitCode).toBe(exitCode)
  })
})

test('no flag has the letter or the name of another', () => {
  const letters = flags.flatMap(flag => flag.letter ?? [])
  const names = flags.map(flag => flag.name)
  for (const list of [letters, names]) {
    expect(new Set(list).size).toBe(list.length)
  }
})
