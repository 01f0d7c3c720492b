"""A plain nameko service without a line of ours."""

from nameko.rpc import rpc


class EchoService:
    name = "echo"

    @rpc
    def echo(self, **given):
        return given
