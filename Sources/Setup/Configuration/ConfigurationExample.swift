/// A configuration to begin with, all of it commented out: `print config`.
package enum ConfigurationExample {
  package static let text = """
    # The configuration of hydra-sinks. Remove the # of what you need, and check it: hydra-sinks check
    #
    # The node's persistence directory, as it is given to hydra-node.
    #persistence-dir: /var/lib/hydra
    #persistence-rotate-after: 100000
    #
    # Where checkpoints and everything else about the secondaries are kept, and the group whose members
    # may use the dashboard beside a service.
    #state-dir: /var/lib/hydra-sinks
    #state-group: hydra-ops
    #
    # When to alarm: no event of the node for so long; a secondary further behind than this.
    #silent-after: { warn: 5m, error: 1h }
    #warn: { events: 10000, seconds: 120 }
    #error: { seconds: 900 }
    #
    # Where `run` serves metrics for Prometheus.
    #metrics: 127.0.0.1:9464
    #
    # What happens when the node's log begins anew: ask, or begin.
    #on-new-log: ask
    #
    #secondaries:
    #  - name: archive
    #    kind: file
    #    path: /srv/hydra-archive
    #    compression: zstd
    #  - name: cold
    #    kind: s3
    #    bucket: hydra-events
    #    prefix: mainnet/head-1
    #    region: eu-west-1
    #  - name: scrolls
    #    kind: feed
    #    listen: 127.0.0.1:4100
    #  - name: bus
    #    kind: jetstream
    #    servers: [nats://n1:4222, nats://n2:4222]
    #    stream: HYDRA-alice
    #  - name: audit
    #    kind: command
    #    command: [audit-loader, --db, /srv/audit.db]
    #  - name: explorer
    #    kind: checkpoint
    #    path: /srv/explorer/checkpoint.json

    """
}
