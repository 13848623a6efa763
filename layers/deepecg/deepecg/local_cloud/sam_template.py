"""Reads the project's SAM template, and resolves its references as the emulated cloud needs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import yaml

REGION: Final = "eu-central-1"
ACCOUNT: Final = "123456789012"
"""The account ID that moto emulates."""
STACK: Final = "deepecg"
ARN_PREFIXES: Final = {
    "AWS::SQS::Queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:",
    "AWS::S3::Bucket": "arn:aws:s3:::",
}
"""ARNs of the resources that the template refers to, up to their names."""


class UnsupportedTemplateError(Exception):
    """The template contains something that the emulated cloud does not support."""


def template_path() -> Path:
    """Return the path of the template; the functions' code lies beside it."""
    in_wheel = Path(__file__).parent / "stack" / "template.yaml"
    in_repository = Path(__file__).parents[4] / "template.yaml"
    return in_wheel if in_wheel.is_file() else in_repository


@dataclass(frozen=True)
class Template:
    """A SAM template.

    Attributes
    ----------
    path : Path
        The file.
    content : dict
        Its parsed content. A short tag is a mapping of its long form: ``!Ref X`` is ``{"Ref": X}``.
    """

    path: Path
    content: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a template."""
        # _TemplateLoader is a SafeLoader.
        return cls(path, yaml.load(path.read_text(encoding="utf-8"), _TemplateLoader))

    def of_type(self, resource_type: str) -> dict[str, dict[str, Any]]:
        """Return the properties of all resources of a type, by logical name."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.content["Resources"].items()
            if resource["Type"] == resource_type
        }

    def resolve(self, value: Any) -> Any:
        """Return a value of the template with its references resolved.

        Raises
        ------
        UnsupportedTemplateError
            If it contains an intrinsic function other than ``Ref``, ``GetAtt ... Arn`` and ``If``.
        """
        match value:
            case {"Ref": str(name)}:
                return self._referenced(name)
            case {"Fn::GetAtt": [str(name), "Arn"]}:
                return self._arn(name)
            case {"Fn::If": [str(name), yes, no]}:
                return self.resolve(yes if self._holds(self.content["Conditions"][name]) else no)
            case dict() if any(key.startswith("Fn::") for key in value):
                raise UnsupportedTemplateError(f"found {', '.join(value)}")
            case dict():
                return {key: self.resolve(item) for key, item in value.items()}
            case list():
                return [self.resolve(item) for item in value]
        return value

    def physical_name(self, logical: str) -> str:
        """Return a resource's name in AWS: ``UploadsBucket`` is ``deepecg-uploadsbucket``."""
        return f"{STACK}-{logical.lower()}"

    def _holds(self, condition: Any) -> bool:
        match condition:
            case {"Fn::Equals": [one, other]}:
                return bool(self.resolve(one) == self.resolve(other))
            case {"Fn::Not": [negated]}:
                return not self._holds(negated)
        raise UnsupportedTemplateError(f"found the condition {', '.join(condition)}")

    def _referenced(self, name: str) -> Any:
        if name in self.content.get("Parameters", {}):
            return self.content["Parameters"][name]["Default"]
        if self.content["Resources"][name]["Type"] == "AWS::SQS::Queue":
            return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{self.physical_name(name)}"
        return self.physical_name(name)

    def _arn(self, logical: str) -> str:
        resource_type = self.content["Resources"][logical]["Type"]
        return f"{ARN_PREFIXES[resource_type]}{self.physical_name(logical)}"


class _TemplateLoader(yaml.SafeLoader):
    """Parses YAML with CloudFormation's short tags."""


def _intrinsic_function(loader: yaml.SafeLoader, tag: str, node: Any) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        if tag == "GetAtt":
            value = value.split(".", maxsplit=1)
    else:
        value = loader.construct_sequence(node, deep=True)  # fails for a mapping
    return {tag if tag == "Ref" else f"Fn::{tag}": value}


_TemplateLoader.add_multi_constructor("!", _intrinsic_function)
